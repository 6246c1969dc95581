/** The start by generalised eigenvectors (Jennrich), which finds an exact decomposition where there is one and the rank is at most the widths. */
import {
  eigMatrix,
  type Matrix,
  matrix,
  matrixProduct,
  qrMatrix,
  type Rng,
  svdMatrix,
  transposeMatrix,
} from '@saccade/tensor';
import { type Factors, scaledColumns } from './factors.js';
import { normalMatrix } from './random-start.js';
import type { ScoreTensor } from './score-tensor.js';

/** Subspaces of the two widths within which the scores live, so far as `rank` dimensions hold them, and the heads inside. */
export class Subspaces {
  readonly #tensor: ScoreTensor;
  /** [query width, rank] and [key width, rank], orthonormal columns. */
  readonly #u: Matrix;
  readonly #v: Matrix;
  /** W_Qh U and W_Kh V of all heads. */
  readonly #qu: Matrix;
  readonly #kv: Matrix;

  constructor(tensor: ScoreTensor, rank: number, rng: Rng) {
    this.#tensor = tensor;
    this.#u = leading(tensor, rank, rng, 'query');
    this.#v = leading(tensor, rank, rng, 'key');
    this.#qu = tensor.projectQuery(this.#u);
    this.#kv = tensor.projectKey(this.#v);
  }

  /**
   * With random a and b: eigenvectors E of (sum_h a_h C_h) (sum_h b_h C_h)^-1, C_h = U^T T_h V, give A = U E; then X[r, h, :] = pinv(A) T_h,
   * and the best rank-1 form of each X[r] gives M[:, r] and B[:, r]. Undefined where there are no such eigenvectors.
   */
  start(rng: Rng): Factors | undefined {
    const { heads } = this.#tensor;
    const [first, second] = [this.#combined(normalMatrix(rng, 1, heads)), this.#combined(normalMatrix(rng, 1, heads))];
    const pencil = matrixProduct(first, pseudoInverse(second));
    let e: Matrix;
    try {
      e = realVectors(pencil);
    } catch {
      // Eigenvalues that do not converge: another pair may.
      return undefined;
    }
    const query = matrixProduct(this.#u, e);
    return this.#completed(query, pseudoInverse(e));
  }

  /** sum_h w_h U^T T_h V: [rank, rank]. */
  #combined(weights: Matrix): Matrix {
    const { heads, dims } = this.#tensor;
    const weighted = matrix(heads * dims, this.#kv.columns);
    const { columns } = this.#kv;
    for (let head = 0; head < heads; head++) {
      const [from, to] = [this.#tensor.groupOf(head) * dims * columns, head * dims * columns];
      for (let i = 0; i < dims * columns; i++) {
        weighted.data[to + i] = weights.data[head]! * this.#kv.data[from + i]!;
      }
    }
    return matrixProduct(this.#qu, weighted, { transposeA: true });
  }

  /** M and B for given A = U E: the leading singular vectors of each component's [heads, key width]. */
  #completed(query: Matrix, inverse: Matrix): Factors {
    const { heads, dims } = this.#tensor;
    const rank = query.columns;
    // pinv(A) T_h = E^-1 U^T W_Qh^T W_Kh, inside of the key-side subspace.
    const inner = Array.from({ length: heads }, (_, head) => {
      const [qu, kv] = [part(this.#qu, head, dims), part(this.#kv, this.#tensor.groupOf(head), dims)];
      return matrixProduct(matrixProduct(inverse, qu, { transposeB: true }), kv);
    });
    const [mixing, within] = [matrix(heads, rank), matrix(this.#v.columns, rank)];
    for (let r = 0; r < rank; r++) {
      const slice = matrix(heads, this.#v.columns);
      for (const [head, x] of inner.entries()) {
        slice.data.set(x.data.subarray(r * x.columns, (r + 1) * x.columns), head * x.columns);
      }
      const { u, values, v } = svdMatrix(slice);
      const size = Math.sqrt(values[0] ?? 0);
      for (let head = 0; head < heads; head++) mixing.data[head * rank + r] = size * u.data[head * u.columns]!;
      for (let k = 0; k < within.rows; k++) within.data[k * rank + r] = size * v.data[k * v.columns]!;
    }
    return { query, mixing, key: matrixProduct(this.#v, within) };
  }
}

function part({ columns, data }: Matrix, head: number, dims: number): Matrix {
  return matrix(dims, columns, data.subarray(head * dims * columns, (head + 1) * dims * columns));
}

/** Sweeps of the power method: the spectra of trained layers fall off. */
const POWERS = 4;

/**
 * The leading eigenvectors of sum_h W_Qh^T (W_Kh W_Kh^T) W_Qh, or of the same with both sides exchanged, by powers of it on random vectors: no matrix of the
 * widths is made.
 */
function leading(tensor: ScoreTensor, rank: number, rng: Rng, side: 'query' | 'key'): Matrix {
  const own = side === 'query' ? tensor.query : tensor.key;
  const extra = Math.min(own.columns, rank + 8);
  let basis = qrMatrix(normalMatrix(rng, own.columns, extra)).q;
  for (let i = 0; i < POWERS; i++) basis = qrMatrix(applied(tensor, basis, side)).q;
  // The best `rank` directions of what was found.
  const inside = matrixProduct(basis, applied(tensor, basis, side), { transposeA: true });
  const { u } = svdMatrix(inside);
  return matrixProduct(basis, firstColumns(u, rank));
}

function applied(tensor: ScoreTensor, x: Matrix, side: 'query' | 'key'): Matrix {
  const { heads, dims } = tensor;
  const own = side === 'query' ? tensor.query : tensor.key;
  const y = matrixProduct(own, x);
  const turned = matrix(y.rows, y.columns);
  for (let head = 0; head < heads; head++) {
    const mine = side === 'query' ? head : tensor.groupOf(head);
    const other = side === 'query' ? tensor.keyOf(head) : tensor.queryOf(head);
    const product = matrixProduct(matrixProduct(other, other, { transposeB: true }), part(y, mine, dims));
    const to = mine * dims * y.columns;
    for (let i = 0; i < product.data.length; i++) turned.data[to + i]! += product.data[i]!;
  }
  return matrixProduct(own, turned, { transposeA: true });
}

function firstColumns({ rows, columns, data }: Matrix, count: number): Matrix {
  const kept = matrix(rows, count);
  for (let i = 0; i < rows; i++) kept.data.set(data.subarray(i * columns, i * columns + count), i * count);
  return kept;
}

/** Eigenvectors; of complex pairs real and imaginary part, which span the same plane. */
function realVectors(a: Matrix): Matrix {
  const { imaginary, vectorsReal, vectorsImaginary } = eigMatrix(a);
  const n = a.rows;
  const e = matrix(n, n);
  for (let column = 0; column < n; column++) {
    // Of a pair the one with the negative imaginary part comes first.
    const from = imaginary[column]! > 0 ? vectorsImaginary : vectorsReal;
    for (let row = 0; row < n; row++) e.data[row * n + column] = from.data[row * n + column]!;
  }
  return e;
}

/** Singular values below this part of the largest are taken for 0. */
const NEGLIGIBLE = 1e-12;

function pseudoInverse(a: Matrix): Matrix {
  const { u, values, v } = svdMatrix(a);
  const inverse = values.map((value) => (value > NEGLIGIBLE * (values[0] ?? 0) ? 1 / value : 0));
  return matrixProduct(scaledColumns(v, inverse), transposeMatrix(u));
}
