/** Residuals of matrices on the host, in float64. */
import { type Matrix, matrix } from '@saccade/tensor';
import type { Center } from './residual.js';

/** X - 1 x^T for the common token x of a kind. */
export function centredOn({ rows, columns, data }: Matrix, center: Center): Matrix {
  const middle =
    center === 'mean'
      ? means(rows, columns, data)
      : Float64Array.from({ length: columns }, (_, c) =>
          middleOf(
            center,
            Float64Array.from({ length: rows }, (__, i) => data[i * columns + c]!),
          ),
        );
  const out = matrix(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < columns; c++) out.data[i * columns + c] = data[i * columns + c]! - middle[c]!;
  }
  return out;
}

function means(rows: number, columns: number, data: Float64Array): Float64Array {
  const out = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let c = 0; c < columns; c++) out[c]! += data[i * columns + c]!;
  return out.map((sum) => sum / rows);
}

function middleOf(center: 'median' | 'midrange', values: Float64Array): number {
  const ordered = values.sort();
  const last = ordered.length - 1;
  if (center === 'midrange') return (ordered[0]! + ordered[last]!) / 2;
  return (ordered[Math.floor(last / 2)]! + ordered[Math.ceil(last / 2)]!) / 2;
}
