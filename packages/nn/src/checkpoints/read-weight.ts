/** Reads the weight and the bias of one map's entry, as [out, in] and [out] whatever the checkpoint's layout. */
import {
  checkOptions,
  FormatError,
  OptionError,
  quote,
  type ReadOptions,
  reshape,
  type SafetensorsFile,
  scope,
  show,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { requireWeightEntry } from './require-weight-entry.js';
import type { WeightEntry } from './transformer-entries.js';

/** How to read. */
export interface ReadWeightOptions {
  /** Default float32, which F16 and BF16 become without loss. */
  readonly dtype?: 'float32' | 'float64' | undefined;
  /** Where the tensor goes. Default: the current device. */
  readonly device?: ReadOptions['device'];
}

/** What is asked of a file to read its tensors: an open `SafetensorsFile`, or several behind one front. */
export type CheckpointTensors = Pick<SafetensorsFile, 'info' | 'read'>;

/** What weights may be stored as. @internal */
export const floatingTypes: readonly string[] = ['F32', 'F16', 'BF16', 'F64'];

/**
 * The weight of an entry as [out, in]: transposed where the checkpoint has [in, out], its part where several lie in one
 * tensor; filters [out, in, height, width] become [out, in height width]. The tensor is the caller's.
 * @throws {FormatError} unless it holds floating point numbers (quantised weights do not) in a shape that fits the entry
 * @throws {OptionError} if the file has no such tensor, or the entry no such layout or part
 */
export async function readWeight(
  file: CheckpointTensors,
  entry: WeightEntry,
  options: ReadWeightOptions = {},
): Promise<Tensor> {
  requireWeightEntry('readWeight', entry);
  const { name, layout } = entry;
  const { shape } = file.info(name);
  if (shape.length < 2 || (layout === 'in-out' && shape.length > 2)) {
    throw new FormatError(`readWeight: ${quote(name)} must be a matrix, got ${show(shape)}`);
  }
  const stored = await readFloats('readWeight', file, name, options);
  return taken(stored, () => {
    const [rows = 0, ...rest] = layout === 'out-in' ? shape : [...shape].reverse();
    const columns = rest.reduce((product, extent) => product * extent, 1);
    const [start, stop] = rangeOf('readWeight', entry, rows);
    if (layout === 'in-out') return transpose(stored.at(':', `${start}:${stop}`));
    return reshape(stop - start === rows ? stored : stored.at(`${start}:${stop}`), [stop - start, columns]);
  });
}

/** The bias of an entry [out]; undefined if it has none. The tensor is the caller's. @throws as `readWeight` */
export async function readBias(
  file: CheckpointTensors,
  entry: WeightEntry,
  options: ReadWeightOptions = {},
): Promise<Tensor | undefined> {
  requireWeightEntry('readBias', entry);
  const { bias } = entry;
  if (bias === undefined) return undefined;
  const { shape } = file.info(bias);
  if (shape.length !== 1) throw new FormatError(`readBias: ${quote(bias)} must be a vector, got ${show(shape)}`);
  const [rows = 0] = shape;
  const stored = await readFloats('readBias', file, bias, options);
  return taken(stored, () => {
    const [start, stop] = rangeOf('readBias', entry, rows);
    return stop - start === rows ? reshape(stored, [rows]) : stored.at(`${start}:${stop}`);
  });
}

/** The result of `take`; the whole is freed, also if `take` fails. */
function taken(whole: Tensor, take: () => Tensor): Tensor {
  try {
    return scope(take);
  } finally {
    whole.dispose();
  }
}

async function readFloats(
  op: string,
  file: CheckpointTensors,
  name: string,
  options: ReadWeightOptions,
): Promise<Tensor> {
  const { dtype = 'float32', device } = checkOptions(op, options, ['dtype', 'device']);
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new OptionError(`${op}: dtype must be float32 or float64, got ${quote(dtype)}`);
  }
  const { dtype: stored } = file.info(name);
  if (!floatingTypes.includes(stored)) {
    throw new FormatError(
      `${op}: ${quote(name)} must be one of ${floatingTypes.join(', ')}, got ${stored}: quantised weights cannot be read`,
    );
  }
  return await file.read(name, { dtype, device });
}

/** First row of an entry's part and the row behind its last. */
function rangeOf(op: string, { name, part }: WeightEntry, rows: number): readonly [number, number] {
  const { index, count } = part ?? { index: 0, count: 1 };
  const valid = Number.isSafeInteger(index) && Number.isSafeInteger(count) && index >= 0 && index < count;
  if (!valid) throw new OptionError(`${op}: ${quote(name)}: there is no part ${quote(index)} among ${quote(count)}`);
  if (rows % count !== 0) throw new FormatError(`${op}: ${quote(name)} has ${rows} outputs, not ${count} equal parts`);
  return [(rows / count) * index, (rows / count) * (index + 1)];
}
