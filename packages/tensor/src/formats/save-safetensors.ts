/** Writing tensors as a safetensors file, in memory or straight to the disk. */
import { OptionError } from '@saccade/kernels';
import { describe } from '../arguments.js';
import type { Tensor } from '../tensor.js';
import { allocateBytes } from './allocate-bytes.js';
import { writeFileAtomically } from './atomic-file.js';
import { layoutSafetensors, type SafetensorsLayout, type SafetensorsWriteOptions } from './safetensors-layout.js';
import { littleEndianBytes, type StoredDType } from './stored.js';
import { checkWritable, storedDTypeOf } from './stored-dtype-of.js';

/** Tensors by name: an object or a Map. */
export type NamedTensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

interface TensorItem {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly tensor: Tensor;
}

function layoutTensors(
  tensors: NamedTensors,
  options: SafetensorsWriteOptions,
  what: string,
): SafetensorsLayout<TensorItem> {
  if (typeof tensors !== 'object' || tensors === null) {
    throw new OptionError(`${what}: expected tensors by name, got ${describe(tensors)}`);
  }
  const entries = tensors instanceof Map ? [...(tensors as Map<string, Tensor>)] : Object.entries(tensors);
  const items = entries.map(([name, tensor]) => {
    checkWritable(what, JSON.stringify(name), tensor);
    return { name, dtype: storedDTypeOf(tensor.dtype), shape: tensor.shape, tensor };
  });
  return layoutSafetensors(items, options, what);
}

async function* pieces({ head, order }: SafetensorsLayout<TensorItem>): AsyncGenerator<Uint8Array> {
  yield head;
  for (const { tensor } of order) yield littleEndianBytes(await tensor.data());
}

/**
 * Tensors as the bytes of a safetensors file. The widest elements come first, then the order of names, so the same
 * tensors always give the same bytes.
 *
 * @param tensors the tensors by name; any shape, any dtype
 * @throws OptionError if a tensor is called `__metadata__` or metadata are no strings
 * @throws DisposedError if a tensor has been disposed
 */
export async function encodeSafetensors(
  tensors: NamedTensors,
  options: SafetensorsWriteOptions = {},
): Promise<Uint8Array> {
  const layout = layoutTensors(tensors, options, 'encodeSafetensors');
  const file = allocateBytes(layout.totalBytes, 'encodeSafetensors');
  let position = 0;
  for await (const piece of pieces(layout)) {
    file.set(piece, position);
    position += piece.length;
  }
  return file;
}

/**
 * Writes a safetensors file, tensor by tensor, under a temporary name that is renamed at the end: a crash leaves the
 * old file or the new one, never half of it. In a browser use {@link encodeSafetensors} and offer the bytes.
 *
 * @param path where to write, in Node; an existing file is replaced
 * @throws OptionError if a tensor is called `__metadata__` or metadata are no strings
 * @throws DeviceError where there are no files by path
 * @throws SaccadeError with code `io` if the file cannot be written
 */
export async function saveSafetensors(
  path: string,
  tensors: NamedTensors,
  options: SafetensorsWriteOptions = {},
): Promise<void> {
  await writeFileAtomically(path, pieces(layoutTensors(tensors, options, 'saveSafetensors')), 'saveSafetensors');
}
