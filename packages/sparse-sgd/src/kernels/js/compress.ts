/** Top-k and QSGD on typed arrays, as `compress/` computes them in plain JavaScript. */
import type { KernelsOn, TypedArray } from '@saccade/kernels';
import type { Vector } from '../../compress/message.js';
import { qsgdPlain } from '../../compress/qsgd-plain.js';
import { topKPlain } from '../../compress/top-k-plain.js';
import type { SparseSgdKernels } from '../table.js';

type Kernels = KernelsOn<TypedArray, SparseSgdKernels>;

export const topK: Kernels['topK'] = (x, indices, values, notFinite, n, k) => {
  const vector = x.subarray(0, n) as Vector;
  const odd = Array.from(vector).filter((value) => !Number.isFinite(value)).length;
  notFinite[0] = odd;
  if (odd > 0) return;
  const chosen = k < n ? topKPlain(vector, k) : Int32Array.from(vector.keys());
  indices.set(chosen);
  values.set(Array.from(chosen, (i) => vector[i]!));
};

export const qsgd: Kernels['qsgd'] = (x, uniforms, levels, norms, n, s, bucket) => {
  const made = qsgdPlain(x.subarray(0, n) as Vector, s, bucket, uniforms as Vector);
  norms.set(made.norms);
  levels.set(new Uint8Array(made.levels.buffer));
};
