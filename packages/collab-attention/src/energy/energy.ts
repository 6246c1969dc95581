/** How redundant the keys and queries of heads are (the paper's section 3): energy that the largest singular values hold. */
import {
  eigSymmetricValuesMatrix,
  type Matrix,
  matrix,
  matrixProduct,
  qrMatrix,
  type Tensor,
  transposeMatrix,
} from '@saccade/tensor';
import { HeadSvds } from '../decompose/head-svd.js';
import { innerProduct, type ScoreTensor } from '../decompose/score-tensor.js';
import { type ScoreLayout, scoresOf } from '../decompose/scores-of.js';

/** Cumulated shares: element n is sum_{i <= n} s_i^2 / sum s_i^2. */
export type EnergyCurve = readonly number[];

/** The curves of a layer. */
export interface Energy {
  /** Of each head's W_Qh^T W_Kh. */
  readonly heads: readonly EnergyCurve[];
  /** Of the query weights of all heads together, and of the key weights. */
  readonly query: EnergyCurve;
  readonly key: EnergyCurve;
  /** Of sum_h W_Qh^T W_Kh, the scores without mixing. */
  readonly sum: EnergyCurve;
  /** Of the unfoldings of the scores' tensor [query width, heads, key width]. */
  readonly unfoldings: { readonly query: EnergyCurve; readonly heads: EnergyCurve; readonly key: EnergyCurve };
}

/**
 * What share of the squares the n largest singular values hold. Heads by themselves need most of their dimensions, all together few: that is what sharing lives of.
 * @param queryWeight [heads dims, query width] @param keyWeight [key heads dims, key width]
 * @throws as `decompose` for weights that do not fit together or are not finite
 */
export async function energy(queryWeight: Tensor, keyWeight: Tensor, layout: ScoreLayout): Promise<Energy> {
  const scores = await scoresOf('energy', queryWeight, keyWeight, layout);
  const { query, key } = scores;
  return {
    heads: new HeadSvds(scores).values.map((values) => curve(Array.from(values, (s) => s * s))),
    query: curve(squaredValues(query)),
    key: curve(squaredValues(key)),
    sum: curve(squaredValues(sumOfHeads(scores))),
    unfoldings: {
      query: curve(squaredValues(unfolded(scores, 'query'))),
      heads: curve(ofGram(headGram(scores))),
      key: curve(squaredValues(unfolded(scores, 'key'))),
    },
  };
}

/** The number of singular values that hold a share of the energy. */
export function dimensionsFor(share: number, curve: EnergyCurve): number {
  const found = curve.findIndex((held) => held >= share);
  return found < 0 ? curve.length : found + 1;
}

function curve(squares: readonly number[]): number[] {
  const all = squares.reduce((a, b) => a + b, 0);
  let held = 0;
  return squares.map((square) => {
    held += square;
    return all > 0 ? Math.min(1, held / all) : 1;
  });
}

/** Squares of all singular values, descending, by the smaller of the two Gram matrices. */
function squaredValues(a: Matrix): number[] {
  const wide = a.columns > a.rows;
  return ofGram(matrixProduct(a, a, wide ? { transposeB: true } : { transposeA: true }));
}

function ofGram(g: Matrix): number[] {
  return Array.from(eigSymmetricValuesMatrix(g), (value) => Math.max(0, value)).reverse();
}

function sumOfHeads(scores: ScoreTensor): Matrix {
  const { heads, dims, query, key } = scores;
  const all = matrix(heads * dims, key.columns);
  for (let head = 0; head < heads; head++) all.data.set(scores.keyOf(head).data, head * dims * key.columns);
  return matrixProduct(query, all, { transposeA: true });
}

/** A matrix with the singular values of the unfolding along a width: rows R_h W_h, where R_h^T R_h = V_h V_h^T of the other side's V_h. */
function unfolded(scores: ScoreTensor, side: 'query' | 'key'): Matrix {
  const { heads, dims, query, key } = scores;
  const width = (side === 'query' ? query : key).columns;
  const out = matrix(heads * dims, width);
  for (let head = 0; head < heads; head++) {
    const [own, other] = [scores.queryOf(head), scores.keyOf(head)];
    const [mine, theirs] = side === 'query' ? [own, other] : [other, own];
    out.data.set(matrixProduct(qrMatrix(transposeMatrix(theirs)).r, mine).data, head * dims * width);
  }
  return out;
}

/** <T_h, T_g> = <W_Qh W_Qg^T, W_Kh W_Kg^T> for all pairs of heads. */
function headGram(scores: ScoreTensor): Matrix {
  const { heads } = scores;
  const g = matrix(heads, heads);
  const products = (a: Matrix, b: Matrix): Matrix => matrixProduct(a, b, { transposeB: true });
  for (let h = 0; h < heads; h++) {
    for (let other = 0; other <= h; other++) {
      const q = products(scores.queryOf(h), scores.queryOf(other));
      const value = innerProduct(q, products(scores.keyOf(h), scores.keyOf(other)));
      g.data[h * heads + other] = value;
      g.data[other * heads + h] = value;
    }
  }
  return g;
}
