/** Whether a conversion left alone what it had to. */
import { littleEndianBytes, type SafetensorsFile, type StoredArray, sameShape } from '@saccade/tensor';
import type { SharableLayer } from './attention-layers.js';
import type { CheckpointForm } from './shared-block.js';

/** Compares all tensors but those of queries and keys of the shared layers, one at a time. */
export async function differingTensors(
  original: SafetensorsFile,
  compressed: SafetensorsFile,
  layers: readonly SharableLayer[],
  form: CheckpointForm,
  signal: AbortSignal | undefined,
): Promise<{ readonly compared: number; readonly different: readonly string[] }> {
  const gone = new Set(layers.flatMap(({ query, key }) => [query.name, query.bias, key.name, key.bias]));
  const renames = new Map(
    form === 'plain' ? [] : layers.flatMap(({ released }) => Object.entries(released?.renames ?? {})),
  );
  const there = new Set(compressed.names);
  const names = original.names.filter((name) => !gone.has(name));
  const different: string[] = [];
  for (const name of names) {
    signal?.throwIfAborted();
    const now = renames.get(name) ?? name;
    const same = there.has(now) && isSame(await original.readStored(name), await compressed.readStored(now));
    if (!same) different.push(name);
  }
  return { compared: names.length, different };
}

function isSame(a: StoredArray, b: StoredArray): boolean {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  const [x, y] = [littleEndianBytes(a.data), littleEndianBytes(b.data)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}
