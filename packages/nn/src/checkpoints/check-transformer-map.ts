/** Whether a checkpoint has the tensors of a map, in the right shapes. */
import { show } from '@saccade/tensor';
import { StateDictError } from '../state-dict-error.js';
import { type Extent, type KnownTensor, mapTensors } from './map-tensors.js';
import { floatingTypes } from './read-weight.js';
import type { TransformerMap } from './transformer-entries.js';
import type { CheckpointNames } from './transformer-stacks.js';

/**
 * Whether a file has all that a map names, such as one written by hand.
 * @throws {StateDictError} that lists what is missing or of another shape or type
 * @throws {OptionError} for words and numbers in the map that make no sense
 */
export function checkTransformerMap(file: CheckpointNames, map: TransformerMap): void {
  checkTensors('checkTransformerMap', file, mapTensors(file, map), []);
}

/** @internal @throws {StateDictError} */
export function checkTensors(
  op: string,
  file: CheckpointNames,
  known: readonly KnownTensor[],
  unknown: readonly string[],
): void {
  const names = new Set(file.names);
  const missing = new Set<string>();
  const mismatched = new Set<string>();
  for (const { name, shape, loose = false } of known) {
    if (!names.has(name)) {
      missing.add(`${name} ${shown(shape)}`);
      continue;
    }
    const { shape: got, dtype } = file.info(name);
    if (!fits(got, shape, loose)) mismatched.add(`${name}: expected ${shown(shape)}, got ${show(got)}`);
    else if (!floatingTypes.includes(dtype))
      mismatched.add(`${name}: expected ${floatingTypes.join(' or ')}, got ${dtype}`);
  }
  const unexpected = unknown.map((name) => `${name} ${show(file.info(name).shape)}`);
  if (missing.size + mismatched.size + unexpected.length === 0) return;
  throw new StateDictError(op, [...missing], unexpected, [...mismatched]);
}

const shown = (shape: readonly Extent[]): string => `[${shape.map((extent) => extent ?? '?').join(', ')}]`;

function fits(got: readonly number[], expected: readonly Extent[], loose: boolean): boolean {
  const extra = got.length - expected.length;
  if (extra < 0 || (extra > 0 && !loose)) return false;
  const inFront = got.slice(0, extra).every((extent) => extent === 1 || expected.length === 1);
  return inFront && expected.every((extent, i) => extent === undefined || extent === got[extra + i]);
}
