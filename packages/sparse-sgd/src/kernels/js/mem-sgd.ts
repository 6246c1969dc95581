/** Mem-SGD (Algorithm 1) and its form on many workers (Algorithm 2; here they take turns), step by step. */
import type { KernelsOn, TypedArray } from '@saccade/kernels';
import type { SparseSgdKernels } from '../table.js';
import { addGradient } from './linear-gradient.js';

/** Positions of the k entries of largest magnitude; ties: the lower position. */
function largest(v: TypedArray, k: number): number[] {
  return Array.from(v.keys())
    .sort((i, j) => Math.abs(v[j]!) - Math.abs(v[i]!) || i - j)
    .slice(0, k);
}

/** x_j -= g and m_j = 0, for g what is remembered times `scale`; false if that is nothing. */
function send(x: TypedArray, m: TypedArray, j: number, scale: number): boolean {
  const g = scale * m[j]!;
  x[j]! -= g;
  m[j] = 0;
  return g !== 0;
}

export const memSgd: KernelsOn<TypedArray, SparseSgdKernels>['memSgd'] = (
  rowStart,
  columns,
  values,
  labels,
  order,
  rates,
  weights,
  x,
  memory,
  sums,
  sent,
  counter,
  choice,
  { dense, features, classes, count, k, workers, lambda, scale, remembers, averages },
) => {
  const rows = { rowStart: dense ? undefined : rowStart, columns, values, labels, features, classes };
  const d = features * classes;
  for (let step = counter[0]!; step < count; step++) {
    const worker = step % workers;
    const m = memory.subarray(worker * d, (worker + 1) * d);
    addGradient(rows, order[step]!, x, rates[step]!, lambda, m); // v = m + eta gradient, in the place of m
    const chosen = sent.subarray(step * k, (step + 1) * k);
    if (choice === 'largest') chosen.set(largest(m, k));
    if (choice === 'all') for (const j of m.keys()) send(x, m, j, 1);
    else chosen.set(Array.from(chosen, (j) => (j >= 0 && send(x, m, j, scale) ? j : -1)));
    if (!remembers) m.fill(0);
    if (averages) for (let j = 0; j < d; j++) sums[j]! += weights[step]! * x[j]!;
  }
  counter[0] = count;
};
