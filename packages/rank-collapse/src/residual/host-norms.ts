/** Norms of matrices on the host, in float64. */
import type { Matrix } from '@saccade/tensor';

/** |X|_{1,inf} = sqrt(largest column sum times largest row sum) of absolute values. */
export function compositeOf({ rows, columns, data }: Matrix): number {
  const byColumn = new Float64Array(columns);
  let largestRow = 0;
  for (let i = 0; i < rows; i++) {
    let row = 0;
    for (let c = 0; c < columns; c++) {
      const value = Math.abs(data[i * columns + c]!);
      row += value;
      byColumn[c]! += value;
    }
    largestRow = Math.max(largestRow, row);
  }
  // The root of each, as their product can leave the range.
  return Math.sqrt(largestRow) * Math.sqrt(largestOf(byColumn));
}

/** |X|_1, the largest column sum of absolute values. */
export function columnNormOf({ columns, data }: Matrix): number {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns]! += Math.abs(data[i]!);
  return largestOf(sums);
}

/** NaN where a value is. */
function largestOf(list: Float64Array): number {
  return list.reduce((most, value) => Math.max(most, value), 0);
}
