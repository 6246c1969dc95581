/** The memories of some workers for another number of workers. */
import { type StoredArray, sameShape } from '@saccade/tensor';
import { type ByTensor, stored, vectorOf } from './memory-by-tensor.js';

/** target[key] += factor times a stored array, under every key; arrays of another shape than the first under their key are left out. */
function add(target: ByTensor, arrays: ReadonlyMap<string, StoredArray>, factor: number): void {
  for (const [key, array] of arrays) {
    const values = vectorOf(array);
    if (values === undefined) continue;
    const sum = target.get(key);
    if (sum === undefined) target.set(key, stored(factor === 1 ? values : values.map((v) => factor * v), array.shape));
    else if (sameShape(sum.shape, array.shape)) {
      const total = vectorOf(sum)!;
      // A sum of arrays that are views of a file must not change the file.
      const copy = total.slice();
      for (let i = 0; i < copy.length; i++) copy[i]! += factor * values[i]!;
      target.set(key, stored(copy, array.shape));
    }
  }
}

/**
 * What worker `rank` of `workers` begins with. What is remembered goes into the model as its mean over the workers, and that mean stays: new
 * worker v gets W' / W times the sum of the memories of the old workers w with w mod W' = v. The same number of workers: each its own, bit for bit.
 */
export function redistribute(old: readonly ByTensor[], rank: number, workers: number): ByTensor {
  const own: ByTensor = new Map();
  for (let w = rank; w < old.length; w += workers) add(own, old[w]!, workers / old.length);
  return own;
}

/** The mean over the workers: what their memories do to the model once they are sent. */
export function meanMemory(old: readonly ByTensor[]): ByTensor {
  const mean: ByTensor = new Map();
  for (const memory of old) add(mean, memory, 1 / old.length);
  return mean;
}
