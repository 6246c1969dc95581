/** Attention in plain float64, in its two forms: what `verifyCheckpoint` compares. */
import { type Matrix, matrix, matrixProduct } from '@saccade/tensor';
import type { LinearMap } from './layer-weights.js';

/** Queries, keys and values of an ordinary layer. */
export interface OrdinaryAttention {
  readonly query: LinearMap;
  readonly key: LinearMap;
  readonly heads: number;
  readonly keyHeads: number;
  readonly scale: number;
}

/** Shared projections [R, width], mixing [heads, R] and content bias [heads, key width]. */
export interface SharedAttention {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly mixing: Matrix;
  readonly contentBias: Matrix | undefined;
  readonly scale: number;
}

/** W x + b for rows of states. */
export function mapped({ weight, bias }: LinearMap, states: Matrix): Matrix {
  const out = matrixProduct(states, weight, { transposeB: true });
  if (bias !== undefined) for (let i = 0; i < out.data.length; i++) out.data[i]! += bias[i % out.columns]!;
  return out;
}

/** Columns [from, to). */
function columnsOf(a: Matrix, from: number, to: number): Matrix {
  const out = matrix(a.rows, to - from);
  for (let row = 0; row < a.rows; row++) {
    out.data.set(a.data.subarray(row * a.columns + from, row * a.columns + to), row * out.columns);
  }
  return out;
}

/** scale q_h k_h^T of each head, [queries, keys]. */
export function ordinaryScores(layer: OrdinaryAttention, states: Matrix, keyStates: Matrix): Matrix[] {
  const { heads, keyHeads, scale } = layer;
  const [q, k] = [mapped(layer.query, states), mapped(layer.key, keyStates)];
  const dims = q.columns / heads;
  return Array.from({ length: heads }, (_, head) => {
    const group = Math.floor((head * keyHeads) / heads);
    const own = columnsOf(q, head * dims, (head + 1) * dims);
    return scaledProduct(own, columnsOf(k, group * dims, (group + 1) * dims), scale);
  });
}

/** scale (sum_r Q_r M_hr K_r + c_h) of each head. */
export function sharedScores(layer: SharedAttention, states: Matrix, keyStates: Matrix): Matrix[] {
  const { query, key, mixing, contentBias, scale } = layer;
  const q = matrixProduct(states, query, { transposeB: true });
  const k = matrixProduct(keyStates, key, { transposeB: true });
  const c = contentBias && matrixProduct(keyStates, contentBias, { transposeB: true });
  const { rows: heads, columns: rank } = mixing;
  return Array.from({ length: heads }, (_, head) => {
    const mixed = matrix(
      q.rows,
      rank,
      q.data.map((value, i) => value * mixing.data[head * rank + (i % rank)]!),
    );
    const scores = scaledProduct(mixed, k, scale);
    if (c !== undefined) {
      for (let i = 0; i < scores.data.length; i++) scores.data[i]! += scale * c.data[(i % k.rows) * heads + head]!;
    }
    return scores;
  });
}

function scaledProduct(a: Matrix, b: Matrix, scale: number): Matrix {
  const out = matrixProduct(a, b, { transposeB: true });
  for (let i = 0; i < out.data.length; i++) out.data[i]! *= scale;
  return out;
}

/** Softmax along keys, in place. @param causal whether a query sees itself and those before alone @param mask added to the scores of each key */
export function softmaxRows(scores: Matrix, causal: boolean, mask?: ArrayLike<number>): Matrix {
  const { rows, columns, data } = scores;
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * columns, (row + 1) * columns);
    if (mask !== undefined) for (let i = 0; i < columns; i++) own[i]! += mask[i]!;
    if (causal) own.fill(Number.NEGATIVE_INFINITY, row + 1);
    const largest = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += own[i] = Math.exp(own[i]! - largest);
    for (let i = 0; i < columns; i++) own[i]! /= sum;
  }
  return scores;
}

/** What heads read, one after another: [queries, heads value dims]. @param values [keys, key heads value dims] */
export function contextOf(probabilities: readonly Matrix[], values: Matrix, keyHeads: number): Matrix {
  const heads = probabilities.length;
  const dims = values.columns / keyHeads;
  const [first] = probabilities as [Matrix];
  const out = matrix(first.rows, heads * dims);
  for (const [head, weights] of probabilities.entries()) {
    const group = Math.floor((head * keyHeads) / heads);
    const read = matrixProduct(weights, columnsOf(values, group * dims, (group + 1) * dims));
    for (let row = 0; row < read.rows; row++) {
      out.data.set(read.data.subarray(row * dims, (row + 1) * dims), row * out.columns + head * dims);
    }
  }
  return out;
}
