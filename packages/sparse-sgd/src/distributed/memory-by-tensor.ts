/** What feedbacks remember, cut by tensor instead of by group, so that it outlives a change of the groups. */
import { type StoredArray, sameShape, type Tensor } from '@saccade/tensor';
import { isVector } from '../compress/check-vector.js';
import type { Vector } from '../compress/message.js';
import { vectorLike } from '../compress/vector-like.js';
import type { FeedbackState } from '../feedback/feedback.js';
import type { Group } from './groups.js';

/** Arrays under `<what>.<tensor>`, such as `memory.layers.0.weight`. */
export type ByTensor = Map<string, StoredArray>;

/** An array as safetensors hold it. */
export function stored(values: Vector, shape: readonly number[] = [values.length]): StoredArray {
  return { dtype: values instanceof Float64Array ? 'F64' : 'F32', shape, data: values };
}

/** The numbers of a stored array, if it holds floats. */
export function vectorOf(array: StoredArray | undefined): Vector | undefined {
  return isVector(array?.data) ? array.data : undefined;
}

/**
 * One record for each group, cut by tensor. A vector of the group's length is cut along its parts; one of another length, as PowerSGD's Q, goes
 * with the only tensor of its group. Arrays may be views of the records: whoever keeps them longer than these stay must copy them.
 */
export function byTensor(
  groups: readonly Group[],
  records: readonly FeedbackState[],
  parameters: ReadonlyMap<string, Tensor>,
): ByTensor {
  const all: ByTensor = new Map();
  groups.forEach((group, i) => {
    for (const [what, vector] of Object.entries(records[i]!)) {
      for (const { name, from, at, length } of group.parts) {
        const key = `${what}.${name}`;
        const { shape, size } = parameters.get(name)!;
        const part = vector.subarray(at, at + length);
        if (vector.length !== group.length) all.set(key, stored(vector));
        else if (length === size) all.set(key, stored(part, shape));
        else {
          if (!all.has(key)) all.set(key, stored(vectorLike(vector, size), shape));
          vectorOf(all.get(key))!.set(part, from);
        }
      }
    }
  });
  return all;
}

/** What `byGroup` gives. */
export interface Regrouped {
  /** One record for each group. */
  readonly records: readonly FeedbackState[];
  /** The keys that were used. */
  readonly taken: ReadonlySet<string>;
}

/**
 * Puts what was cut by tensor together again: for each group what its record `wanted` names. Arrays count by name and shape; what is not there is
 * 0, or left out where all of it is not there.
 */
export function byGroup(
  groups: readonly Group[],
  wanted: readonly FeedbackState[],
  given: ReadonlyMap<string, StoredArray>,
  parameters: ReadonlyMap<string, Tensor>,
): Regrouped {
  const taken = new Set<string>();
  const records = groups.map((group, i) => {
    const record: Record<string, Vector> = {};
    for (const [what, like] of Object.entries(wanted[i]!)) {
      const isCut = like.length === group.length;
      const vector = vectorLike(like);
      for (const { name, from, at, length } of group.parts) {
        const key = `${what}.${name}`;
        const array = given.get(key);
        const values = vectorOf(array);
        const shape = isCut ? parameters.get(name)!.shape : [like.length];
        if (values === undefined || !sameShape(array!.shape, shape)) continue;
        if (isCut) vector.set(values.subarray(from, from + length), at);
        else vector.set(values);
        record[what] = vector;
        taken.add(key);
      }
    }
    return record;
  });
  return { records, taken };
}
