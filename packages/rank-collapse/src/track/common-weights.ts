/** What all queries of a head have in common, and how they differ from it, without cancellation. */
import { type Matrix, matrix, matrixProduct } from '@saccade/tensor';

/** One head: scores (X W_Q + b_Q) (X W_K)^T / sqrt(dims), output P X W. */
export interface TrackedHead {
  /** [channels, dims]. */
  readonly query: Matrix;
  readonly key: Matrix;
  /** W = W_V W_O: [channels, channels]. */
  readonly value: Matrix;
  /** [dims]. */
  readonly queryBias?: Float64Array | undefined;
}

/** Below this exponent of R, exponentials of scores differ from 1 by the scores themselves. */
const LINEAR = -60;

/** Whether E is so small that its exponential is 1 + E. */
export function isLinear(exponent: number): boolean {
  return 2 * exponent < LINEAR;
}

/** What all queries of a head have in common. */
export interface CommonWeights {
  /** r = R W_K (W_Q^T x + b_Q) / sqrt(dims): [tokens]. */
  readonly scores: Float64Array;
  /** q = softmax(r): [tokens]. */
  readonly weights: Float64Array;
}

/** r and q of tokens 1 x^T + 2^exponent R. */
export function commonWeights(
  { rows, columns, data }: Matrix,
  exponent: number,
  center: Float64Array,
  head: TrackedHead,
): CommonWeights {
  const dims = head.query.columns;
  const asked = matrixProduct(matrix(1, columns, center), head.query).data;
  if (head.queryBias !== undefined) for (let j = 0; j < dims; j++) asked[j]! += head.queryBias[j]!;
  const along = matrixProduct(head.key, matrix(dims, 1, asked)).data;
  const size = 2 ** Math.max(-1074, exponent) / Math.sqrt(dims);
  const scores = Float64Array.from({ length: rows }, (_, j) => {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += data[j * columns + c]! * along[c]!;
    return sum * size;
  });
  return { scores, weights: softmax(scores) };
}

function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = scores.map((value) => Math.exp(value - largest));
  const all = weights.reduce((a, b) => a + b, 0);
  return weights.map((value) => value / all);
}

/** Rows of E with a wider range than this change P so much that P and q may be subtracted. */
const wide = 1;

/** P - 1 q^T of a head; in units of 2^(2 exponent) in the linear form. */
export function differences(residual: Matrix, exponent: number, common: CommonWeights, head: TrackedHead): Matrix {
  const { rows } = residual;
  const linear = isLinear(exponent);
  const [asks, answers] = [matrixProduct(residual, head.query), matrixProduct(residual, head.key)];
  const scores = matrixProduct(asks, answers, { transposeB: true }).data;
  const factor = (linear ? 1 : 2 ** (2 * exponent)) / Math.sqrt(head.query.columns);
  const out = matrix(rows, rows);
  for (let i = 0; i < rows; i++) {
    const e = scores.slice(i * rows, (i + 1) * rows).map((score) => score * factor);
    out.data.set(linear ? linearRow(e, common) : rowOf(e, common), i * rows);
  }
  return out;
}

/** P_ij - q_j = q_j (e_ij - den_i) / (1 + den_i), e = expm1(E), den_i = sum_j e_ij q_j. What is added to all of a row of E changes nothing. */
function rowOf(scores: Float64Array, { scores: r, weights: q }: CommonWeights): Float64Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) [low, high] = [Math.min(low, score), Math.max(high, score)];
  if (high - low > wide) return softmax(scores.map((score, j) => score + r[j]!)).map((p, j) => p - q[j]!);
  // About its middle, E is too small for 1 + den to cancel.
  const e = scores.map((score) => Math.expm1(score - (low + high) / 2));
  const den = e.reduce((sum, value, j) => sum + value * q[j]!, 0);
  return e.map((value, j) => (q[j]! * (value - den)) / (1 + den));
}

/** The same where expm1(E) is E and 1 + den is 1. */
function linearRow(e: Float64Array, { weights: q }: CommonWeights): Float64Array {
  const den = e.reduce((sum, value, j) => sum + value * q[j]!, 0);
  return e.map((value, j) => q[j]! * (value - den));
}
