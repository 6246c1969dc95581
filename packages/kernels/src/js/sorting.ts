/** Top-k and sort of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { SortingKernels } from '../table/sorting.js';

/** Negative if `a` comes before `b` in ascending order; NaN comes last, and -0 ties with 0. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Writes the first k of each row in order. */
function sortRows(
  x: TypedArray,
  values: TypedArray,
  indices: TypedArray,
  rows: number,
  size: number,
  k: number,
  descending: boolean,
): void {
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * size, (r + 1) * size);
    const order = Array.from({ length: size }, (_, i) => i); // Array sort is stable
    order.sort((i, j) => (descending ? compare(row[j]!, row[i]!) : compare(row[i]!, row[j]!)));
    for (let i = 0; i < k; i++) {
      values[r * k + i] = row[order[i]!]!;
      indices[r * k + i] = order[i]!;
    }
  }
}

export const sorting: SortingKernels<TypedArray> = {
  topk(x, values, indices, rows, size, k, largest) {
    sortRows(x, values, indices, rows, size, k, largest);
  },

  sort(x, values, indices, rows, size, descending) {
    sortRows(x, values, indices, rows, size, size, descending);
  },
};
