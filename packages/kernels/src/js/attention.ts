/** Attention kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { AttentionKernels, AttentionSizes } from '../table/attention.js';

/** Where element (b, i, j) of a broadcast bias or mask lies. */
function broadcastAt(sizes: AttentionSizes, strides: readonly number[], b: number, i: number, j: number): number {
  const axes = sizes.batchShape.length;
  let at = i * strides[axes]! + j * strides[axes + 1]!;
  let rest = b;
  for (let axis = axes - 1; axis >= 0; axis--) {
    const size = sizes.batchShape[axis]!;
    at += (rest % size) * strides[axis]!;
    rest = Math.floor(rest / size);
  }
  return at;
}

/** Dot product of a row of `a` and a row of `b`. */
function dot(a: TypedArray, aAt: number, b: TypedArray, bAt: number, length: number): number {
  let sum = 0;
  for (let c = 0; c < length; c++) sum += a[aAt + c]! * b[bAt + c]!;
  return sum;
}

/** to[at + c] += factor x[xAt + c]. */
function addScaled(to: Float64Array, at: number, factor: number, x: TypedArray, xAt: number, length: number): void {
  for (let c = 0; c < length; c++) to[at + c]! += factor * x[xAt + c]!;
}

/** The scores of query i of batch b; undefined where it sees no key. */
function scoresOf(
  query: TypedArray,
  key: TypedArray,
  bias: TypedArray | undefined,
  mask: TypedArray | undefined,
  s: AttentionSizes,
  b: number,
  i: number,
): (number | undefined)[] {
  return Array.from({ length: s.keys }, (_, j) => {
    if (s.causal && j > i + s.keys - s.queries) return undefined;
    if (mask && mask[broadcastAt(s, s.maskStrides, b, i, j)] === 0) return undefined;
    const added = bias ? bias[broadcastAt(s, s.biasStrides, b, i, j)]! : 0;
    return (
      s.scale * dot(query, (b * s.queries + i) * s.channels, key, (b * s.keys + j) * s.channels, s.channels) + added
    );
  });
}

export const attention: AttentionKernels<TypedArray> = {
  attention(query, key, value, bias, mask, out, logSumExp, sizes) {
    const { queries, keys, valueChannels } = sizes;
    for (let row = 0; row < sizes.batch * queries; row++) {
      const b = Math.floor(row / queries);
      const scores = scoresOf(query, key, bias, mask, sizes, b, row % queries);
      let maximum = Number.NEGATIVE_INFINITY;
      for (const score of scores) if (score !== undefined) maximum = Math.max(maximum, score);
      let total = 0;
      const sums = new Float64Array(valueChannels);
      scores.forEach((score, j) => {
        // A row of -Infinity throughout sees nothing, just as if it were masked.
        if (score === undefined || score === Number.NEGATIVE_INFINITY) return;
        const weight = Math.exp(score - maximum);
        total += weight;
        addScaled(sums, 0, weight, value, (b * keys + j) * valueChannels, valueChannels);
      });
      for (let c = 0; c < valueChannels; c++) out[row * valueChannels + c] = total === 0 ? 0 : sums[c]! / total;
      logSumExp[row] = total === 0 ? Number.NEGATIVE_INFINITY : maximum + Math.log(total);
    }
  },

  attentionGrad(query, key, value, bias, mask, out, logSumExp, dout, dquery, dkey, dvalue, dbias, sizes) {
    const { queries, keys, channels, valueChannels, scale } = sizes;
    const byQuery = new Float64Array(dquery.length);
    const byKey = new Float64Array(dkey.length);
    const byValue = new Float64Array(dvalue.length);
    const byBias = new Float64Array(dbias?.length ?? 0);
    for (let row = 0; row < sizes.batch * queries; row++) {
      const b = Math.floor(row / queries);
      const i = row % queries;
      const meanGradient = dot(dout, row * valueChannels, out, row * valueChannels, valueChannels);
      scoresOf(query, key, bias, mask, sizes, b, i).forEach((score, j) => {
        if (score === undefined || score === Number.NEGATIVE_INFINITY) return;
        const column = b * keys + j;
        const weight = Math.exp(score - logSumExp[row]!);
        addScaled(byValue, column * valueChannels, weight, dout, row * valueChannels, valueChannels);
        const dWeight = dot(dout, row * valueChannels, value, column * valueChannels, valueChannels);
        const dScore = weight * (dWeight - meanGradient);
        addScaled(byQuery, row * channels, scale * dScore, key, column * channels, channels);
        addScaled(byKey, column * channels, scale * dScore, query, row * channels, channels);
        if (dbias) byBias[broadcastAt(sizes, sizes.biasStrides, b, i, j)]! += dScore;
      });
    }
    dquery.set(byQuery);
    dkey.set(byKey);
    dvalue.set(byValue);
    dbias?.set(byBias);
  },
};
