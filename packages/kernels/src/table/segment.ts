/** Kernels over groups of rows (segments) and sparse matrices, for graphs. CPU devices throw IndexError for ids or columns out of range. */

export interface SegmentSizes {
  /** Rows of x. */
  readonly rows: number;
  /** Values in a row. */
  readonly inner: number;
  readonly segments: number;
}

/** A sparse matrix [rows, columns] in compressed rows: rowStart int32 [rows + 1], column int32 [nonzeros], value float [nonzeros]. */
export interface CsrSizes {
  readonly rows: number;
  readonly columns: number;
  readonly nonzeros: number;
  /** Columns of the dense matrix. */
  readonly inner: number;
}

export interface SegmentKernels<B> {
  /**
   * out[s, i] = sum (or max) of x[r, i] over rows r with ids[r] = s; ids int32, in any order. Empty: 0 for sum, -Infinity
   * for max. max gives NaN if any element is NaN. Floats; sum takes int32 as well.
   */
  segmentReduce(op: 'sum' | 'max', x: B, ids: B, out: B, sizes: SegmentSizes): void;
  /** Softmax among the rows of each segment, for every i on its own, shifted by the segment's maximum. Shape of x. */
  segmentSoftmax(x: B, ids: B, out: B, sizes: SegmentSizes): void;
  /** dx[r] = y[r] (dy[r] - sum over the segment of y dy). */
  segmentSoftmaxGrad(y: B, ids: B, dy: B, dx: B, sizes: SegmentSizes): void;
  /** out [rows, inner] = sparse [rows, columns] x [columns, inner]; transposed: out [columns, inner] = sparse^T x [rows, inner]. */
  csrMatmul(rowStart: B, column: B, value: B, x: B, out: B, sizes: CsrSizes, transpose: boolean): void;
  /** Gradient of csrMatmul by the values: dvalue[e] = dot(dy[row of e], x[column of e]); transposed: dot(dy[column of e], x[row of e]). */
  csrMatmulGradValue(rowStart: B, column: B, x: B, dy: B, dvalue: B, sizes: CsrSizes, transpose: boolean): void;
}
