/** Alternating least squares for the canonical decomposition of a layer's scores: each factor in turn is the best for the two others. */
import type { Matrix } from '@saccade/tensor';
import { balanced, type Factors, gram, scaledColumns, times } from './factors.js';
import { solveNormal } from './normal-equations.js';
import type { ScoreTensor } from './score-tensor.js';

/** How one sweep is made. */
export interface SweepOptions {
  /** Part of the mean diagonal that is added to each Gram matrix. */
  readonly ridge: number;
  /** Whether columns are made equally long after the sweep, which changes no component. */
  readonly balance: boolean;
}

/** Factors and how far they are from the tensor. */
export interface Fit {
  readonly factors: Factors;
  /** |T - sum_r ...| / |T|. */
  readonly error: number;
  /** The same of each head. */
  readonly headErrors: readonly number[];
  /** W_K B, which the next sweep begins with. */
  readonly projectedKey: Matrix;
}

/** The tensor with its norms, which do not change. */
export class Alternation {
  readonly tensor: ScoreTensor;
  readonly #squares: Float64Array;
  readonly #square: number;

  constructor(tensor: ScoreTensor) {
    this.tensor = tensor;
    this.#squares = tensor.squaredNorms();
    this.#square = this.#squares.reduce((a, b) => a + b, 0);
  }

  /** |T|. */
  get norm(): number {
    return Math.sqrt(this.#square);
  }

  /** One sweep: A, M and B, in this order, as tensorly's `parafac`; four products with the weights. */
  sweep({ factors: { mixing, key }, projectedKey: kb }: Fit, { ridge, balance }: SweepOptions): Fit {
    const { tensor } = this;
    const gramB = gram(key);
    const a = solveNormal(tensor.alongQuery(kb, mixing), times(gram(mixing), gramB), ridge);
    const qa = tensor.projectQuery(a);
    const gramA = gram(a);
    const m = solveNormal(tensor.alongHeads(qa, kb), times(gramA, gramB), ridge);
    const along = tensor.alongKey(qa, m);
    const b = solveNormal(along, times(gramA, gram(m)), ridge);
    const next = tensor.projectKey(b);
    const headErrors = this.#headErrors(m, tensor.alongHeads(qa, next), times(gramA, gram(b)));
    const known = { error: this.#total(headErrors), headErrors };
    const factors = { query: a, mixing: m, key: b };
    if (!balance) return { ...known, factors, projectedKey: next };
    const { keyScales, ...even } = balanced(factors);
    return { ...known, factors: even, projectedKey: scaledColumns(next, keyScales) };
  }

  /** How far factors are as they are. */
  fit(factors: Factors): Fit {
    const { query, mixing, key } = factors;
    const projectedKey = this.tensor.projectKey(key);
    const along = this.tensor.alongHeads(this.tensor.projectQuery(query), projectedKey);
    const headErrors = this.#headErrors(mixing, along, times(gram(query), gram(key)));
    return { factors, error: this.#total(headErrors), headErrors, projectedKey };
  }

  /**
   * |T_h - R_h|^2 = |T_h|^2 - 2 <T_h, R_h> + |R_h|^2 of each head, R_h being what the factors give.
   * @param along <T_h, a_r b_r^T> @param g (A^T A) * (B^T B)
   */
  #headErrors(mixing: Matrix, along: Matrix, g: Matrix): number[] {
    const { columns: rank } = mixing;
    return Array.from(this.#squares, (square, head) => {
      const row = mixing.data.subarray(head * rank, (head + 1) * rank);
      let [inner, own] = [0, 0];
      for (let r = 0; r < rank; r++) {
        inner += row[r]! * along.data[head * rank + r]!;
        let sum = 0;
        for (let s = 0; s < rank; s++) sum += g.data[r * rank + s]! * row[s]!;
        own += row[r]! * sum;
      }
      const apart = Math.sqrt(Math.max(0, square - 2 * inner + own));
      return square > 0 ? apart / Math.sqrt(square) : apart;
    });
  }

  #total(headErrors: readonly number[]): number {
    const squares = headErrors.reduce((sum, error, head) => sum + error ** 2 * this.#squares[head]!, 0);
    return this.#square > 0 ? Math.sqrt(squares / this.#square) : 0;
  }
}
