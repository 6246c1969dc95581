/** Kernels that order the last axis. Ties keep the lower index first; NaN counts as larger than every number, as in PyTorch. */

export interface SortingKernels<B> {
  /** The k largest (or smallest) of each row, best first: values and int32 indices, both [rows, k]. float or int32. */
  topk(x: B, values: B, indices: B, rows: number, size: number, k: number, largest: boolean): void;
  /** Each row in ascending (or descending) order, stable: values and int32 indices [rows, size]. float or int32. */
  sort(x: B, values: B, indices: B, rows: number, size: number, descending: boolean): void;
}
