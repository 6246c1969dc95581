/** The batched matrix product. */

export interface MatmulSizes {
  /** Rows of the result. */
  readonly m: number;
  /** Columns of the result. */
  readonly n: number;
  /** Length of the inner axis. */
  readonly k: number;
  /** `a` is stored as [k, m]. */
  readonly transposeA: boolean;
  /** `b` is stored as [n, k]. */
  readonly transposeB: boolean;
  /** Leading axes of the result, broadcast by strides counted in whole matrices (0 repeats). Empty for one product. */
  readonly batch: readonly number[];
  readonly aStrides: readonly number[];
  readonly bStrides: readonly number[];
  /** Adds to what `out` holds instead of overwriting it. */
  readonly accumulate: boolean;
}

export interface MatmulKernels<B> {
  /** out[batch, m, n] = a[batch, m, k] b[batch, k, n] (+ out). Floats. k = 0 gives zeros. `out` is no input. */
  matmul(a: B, b: B, out: B, sizes: MatmulSizes): void;
}
