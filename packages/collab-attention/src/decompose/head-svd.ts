/** The start by singular values: the best truncation of each head's W_Qh^T W_Kh, with the rank shared out among heads where it counts most. */
import { type Matrix, matrix, matrixProduct, qrMatrix, svdMatrix, transposeMatrix } from '@saccade/tensor';
import type { Factors } from './factors.js';
import type { ScoreTensor } from './score-tensor.js';

/** Singular values of one head, descending, and what makes its vectors. */
interface HeadSvd {
  readonly values: Float64Array;
  /** [query width, count] and [key width, count]. */
  readonly left: Matrix;
  readonly right: Matrix;
}

/** All heads' singular values, and the starts that they give. */
export class HeadSvds {
  readonly #heads: readonly HeadSvd[];

  constructor(tensor: ScoreTensor) {
    this.#heads = Array.from({ length: tensor.heads }, (_, head) => headSvd(tensor.queryOf(head), tensor.keyOf(head)));
  }

  /** Of each head, descending. */
  get values(): readonly Float64Array[] {
    return this.#heads.map(({ values }) => values);
  }

  /** sqrt(sum of dropped s^2 / sum of all): the error of the best truncation, head by head, to `rank` values together. */
  error(rank: number): number {
    const squares = this.#ordered().map(({ value }) => value ** 2);
    const all = squares.reduce((a, b) => a + b, 0);
    return all > 0 ? Math.sqrt(squares.slice(rank).reduce((a, b) => a + b, 0) / all) : 0;
  }

  /** The truncation as factors: a component for each of the largest values, which its head alone mixes in. */
  factors(rank: number): Factors {
    const chosen = this.#ordered().slice(0, rank);
    const [{ left, right }] = this.#heads as [HeadSvd];
    const [query, mixing, key] = [matrix(left.rows, rank), matrix(this.#heads.length, rank), matrix(right.rows, rank)];
    chosen.forEach(({ head, index, value }, r) => {
      const own = this.#heads[head]!;
      mixing.data[head * rank + r] = 1;
      copyColumn(own.left, index, query, r, Math.sqrt(value));
      copyColumn(own.right, index, key, r, Math.sqrt(value));
    });
    return { query, mixing, key };
  }

  /** Largest first. */
  #ordered(): { readonly head: number; readonly index: number; readonly value: number }[] {
    return this.#heads
      .flatMap(({ values }, head) => Array.from(values, (value, index) => ({ head, index, value })))
      .sort((a, b) => b.value - a.value || a.head - b.head || a.index - b.index);
  }
}

/** W_Qh^T W_Kh = Q1 R1 R2^T Q2^T: the singular values are those of the small R1 R2^T. */
function headSvd(query: Matrix, key: Matrix): HeadSvd {
  const [q, k] = [qrMatrix(transposeMatrix(query)), qrMatrix(transposeMatrix(key))];
  const { u, values, v } = svdMatrix(matrixProduct(q.r, k.r, { transposeB: true }));
  return { values, left: matrixProduct(q.q, u), right: matrixProduct(k.q, v) };
}

function copyColumn(from: Matrix, column: number, to: Matrix, place: number, factor: number): void {
  for (let row = 0; row < from.rows; row++) {
    to.data[row * to.columns + place] = factor * from.data[row * from.columns + column]!;
  }
}
