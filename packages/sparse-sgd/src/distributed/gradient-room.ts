/** Memory on the host for a model's gradients, which stays from turn to turn: large arrays cost more to make than to fill. */
import { bufferOf, type Tensor } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { newVector, type Precision } from '../feedback/precision.js';
import { type Group, isWhole } from './groups.js';
import { vectorIn } from './model-arrays.js';

const op = 'DistributedOptimizer';

/** The same numbers twice: as the vectors that are compressed, and as tensors. */
export interface GradientRoom {
  /** One for each group. */
  readonly vectors: readonly Vector[];
  /** The entries of each tensor that has some, by name. */
  readonly places: ReadonlyMap<string, Vector>;
}

/**
 * Room for one gradient of each parameter. Whole tensors have a vector of their own type; all others lie one after another in the
 * order of the groups, so that tensors that are cut into several are in one piece too.
 */
export function makeRoom(
  groups: readonly Group[],
  parameters: ReadonlyMap<string, Tensor>,
  precision: Precision,
): GradientRoom {
  const cut = groups.reduce((sum, group) => sum + (isWhole(group) ? 0 : group.length), 0);
  const rest = newVector(op, precision, cut);
  const places = new Map<string, Vector>();
  let at = 0;
  const vectors = groups.map((group) => {
    if (isWhole(group)) {
      const { name } = group.parts[0]!;
      const vector = newVector(op, parameters.get(name)!.dtype as Precision, group.length);
      places.set(name, vector);
      return vector;
    }
    for (const part of group.parts) {
      const start = at + part.at;
      if (part.from === 0) places.set(part.name, rest.subarray(start, start + parameters.get(part.name)!.size));
    }
    at += group.length;
    return rest.subarray(at - group.length, at);
  });
  return { vectors, places };
}

/** Copies tensors, wherever they are, to their places. */
export async function fillRoom({ places }: GradientRoom, tensors: ReadonlyMap<string, Tensor>): Promise<void> {
  const copies = Array.from(places, async ([name, place]) => {
    const t = tensors.get(name)!;
    const isDouble = place instanceof Float64Array;
    if (isDouble === (t.dtype === 'float64')) await t.device.read(bufferOf(op, t), place);
    else place.set(await vectorIn(t));
  });
  await Promise.all(copies);
}
