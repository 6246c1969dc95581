/** The tensor of a layer's scores, T[q, h, k] = sum_j W_Qh[j, q] W_Kh[j, k], which is never built: all that is asked of it follows from the weights. */
import { type Matrix, matrix, matrixProduct } from '@saccade/tensor';

/** Rows [from, to) of a matrix, as a view. */
function rowsOf({ columns, data }: Matrix, from: number, to: number): Matrix {
  return matrix(to - from, columns, data.subarray(from * columns, to * columns));
}

/** Weights of queries [heads dims, query width] and keys [key heads dims, key width], heads one after another. */
export class ScoreTensor {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly heads: number;
  /** Fewer than heads where several share a key (grouped-query attention). */
  readonly keyHeads: number;
  /** Rows of a head. */
  readonly dims: number;

  constructor(query: Matrix, key: Matrix, heads: number, keyHeads: number = heads) {
    this.query = query;
    this.key = key;
    this.heads = heads;
    this.keyHeads = keyHeads;
    this.dims = query.rows / heads;
  }

  /** W_Qh. */
  queryOf(head: number): Matrix {
    return rowsOf(this.query, head * this.dims, (head + 1) * this.dims);
  }

  /** W_Kh. */
  keyOf(head: number): Matrix {
    const group = this.groupOf(head);
    return rowsOf(this.key, group * this.dims, (group + 1) * this.dims);
  }

  /** The key head that a head uses. */
  groupOf(head: number): number {
    return Math.floor((head * this.keyHeads) / this.heads);
  }

  /** |T_h|^2 = <W_Qh W_Qh^T, W_Kh W_Kh^T> of each head. */
  squaredNorms(): Float64Array {
    return Float64Array.from({ length: this.heads }, (_, head) => {
      const [q, k] = [this.queryOf(head), this.keyOf(head)];
      return innerProduct(matrixProduct(q, q, { transposeB: true }), matrixProduct(k, k, { transposeB: true }));
    });
  }

  /** W_Q A of query-side factors A [query width, rank]. */
  projectQuery(a: Matrix): Matrix {
    return matrixProduct(this.query, a);
  }

  /** W_K B of key-side factors B [key width, rank]. */
  projectKey(b: Matrix): Matrix {
    return matrixProduct(this.key, b);
  }

  /** sum_{h, k} T[q, h, k] M[h, r] B[k, r] = W_Q^T (W_K B with row r of head h times M[h, r]): [query width, rank]. @param kb W_K B */
  alongQuery(kb: Matrix, mixing: Matrix): Matrix {
    const { dims, heads } = this;
    const mixed = matrix(heads * dims, kb.columns);
    for (let head = 0; head < heads; head++) {
      addMixed(mixed.data, head * dims, kb.data, this.groupOf(head) * dims, dims, mixing, head);
    }
    return matrixProduct(this.query, mixed, { transposeA: true });
  }

  /** sum_{q, k} T[q, h, k] A[q, r] B[k, r]: [heads, rank]. @param qa W_Q A @param kb W_K B */
  alongHeads(qa: Matrix, kb: Matrix): Matrix {
    const { dims, heads } = this;
    const rank = qa.columns;
    const out = matrix(heads, rank);
    for (let head = 0; head < heads; head++) {
      const [from, other] = [head * dims * rank, this.groupOf(head) * dims * rank];
      for (let i = 0; i < dims * rank; i++) {
        out.data[head * rank + (i % rank)]! += qa.data[from + i]! * kb.data[other + i]!;
      }
    }
    return out;
  }

  /** sum_{q, h} T[q, h, k] A[q, r] M[h, r] = W_K^T (W_Q A, mixed): [key width, rank]. @param qa W_Q A */
  alongKey(qa: Matrix, mixing: Matrix): Matrix {
    const { dims, heads, keyHeads } = this;
    const mixed = matrix(keyHeads * dims, qa.columns);
    for (let head = 0; head < heads; head++) {
      addMixed(mixed.data, this.groupOf(head) * dims, qa.data, head * dims, dims, mixing, head);
    }
    return matrixProduct(this.key, mixed, { transposeA: true });
  }
}

/** Rows of `to` += rows of `from`, each column r times M[head, r]. */
function addMixed(
  to: Float64Array,
  toRow: number,
  from: Float64Array,
  fromRow: number,
  rows: number,
  { columns: rank, data }: Matrix,
  head: number,
): void {
  for (let row = 0; row < rows; row++) {
    const [a, b, m] = [(toRow + row) * rank, (fromRow + row) * rank, head * rank];
    for (let r = 0; r < rank; r++) to[a + r]! += from[b + r]! * data[m + r]!;
  }
}

/** Sum of products of all elements. */
export function innerProduct(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i]! * b.data[i]!;
  return sum;
}
