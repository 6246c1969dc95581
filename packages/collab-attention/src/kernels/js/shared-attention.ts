/** Shared attention in plain float64: what the WebAssembly is compared with, and what runs where there is none. */
import type { TypedArray } from '@saccade/kernels';
import type { SharedAttentionSizes } from '../table.js';

/** See the table. */
export function sharedAttention(
  query: TypedArray,
  mixing: TypedArray,
  key: TypedArray,
  content: TypedArray | undefined,
  value: TypedArray,
  bias: TypedArray | undefined,
  mask: TypedArray | undefined,
  out: TypedArray,
  sizes: SharedAttentionSizes,
): void {
  const { batch, heads, queries, keys, dims, channels, scale, causal, biasStrides, maskStrides } = sizes;
  const place = (strides: readonly number[], ...at: readonly number[]): number =>
    at.reduce((sum, index, axis) => sum + index * (strides[axis] ?? 0), 0);
  const scoreOf = (b: number, h: number, t: number, s: number): number => {
    const isHidden =
      (causal && s > t + keys - queries) || (mask !== undefined && !mask[place(maskStrides, b, h, t, s)]);
    if (isHidden) return Number.NEGATIVE_INFINITY;
    let sum = content === undefined ? 0 : Number(content[(b * keys + s) * heads + h]);
    for (let r = 0; r < dims; r++) {
      const mixed = Number(query[(b * queries + t) * dims + r]) * Number(mixing[h * dims + r]);
      sum += mixed * Number(key[(b * keys + s) * dims + r]);
    }
    return scale * sum + (bias === undefined ? 0 : Number(bias[place(biasStrides, b, h, t, s)]));
  };
  for (let row = 0; row < batch * heads * queries; row++) {
    const [matrix, t] = [Math.floor(row / queries), row % queries];
    const [b, h] = [Math.floor(matrix / heads), matrix % heads];
    const weights = softmax(Array.from({ length: keys }, (_, s) => scoreOf(b, h, t, s)));
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let s = 0; s < keys; s++) {
        if (weights[s] !== 0) sum += weights[s]! * Number(value[(matrix * keys + s) * channels + c]);
      }
      out[row * channels + c] = sum;
    }
  }
}

/** Zeros where nothing is seen. */
function softmax(scores: readonly number[]): number[] {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return scores.map(() => 0);
  const weights = scores.map((score) => Math.exp(score - largest));
  const all = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / all);
}
