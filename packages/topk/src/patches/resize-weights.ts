/** How the pixels along one axis of a picture mix where it is made smaller or larger, anti-aliased. */
import { type Device, type DType, type SparseMatrix, tensor } from '@saccade/tensor';

/** A new pixel: `weights[i]` of the old pixel `first + i`, with sum 1. */
export interface PixelMix {
  readonly first: number;
  readonly weights: readonly number[];
}

/** New pixel `at` of `out`, along an axis of `size` old ones: a triangle around its centre, as wide as a new pixel or an old one. */
export function pixelMix(size: number, out: number, at: number): PixelMix {
  const step = size / out;
  const reach = Math.max(step, 1);
  const centre = (at + 0.5) * step - 0.5;
  const first = Math.max(0, Math.ceil(centre - reach));
  const last = Math.min(size - 1, Math.floor(centre + reach));
  const triangle = Array.from({ length: last - first + 1 }, (_, i) =>
    Math.max(0, 1 - Math.abs(centre - first - i) / reach),
  );
  const total = triangle.reduce((sum, weight) => sum + weight, 0);
  return { first, weights: triangle.map((weight) => weight / total) };
}

/** Mixes of `columns` old pixels as the rows of a matrix of that element type, on that device. */
export function mixMatrix(
  mixes: readonly PixelMix[],
  columns: number,
  { device, dtype }: { readonly device?: Device; readonly dtype: DType },
): SparseMatrix {
  const rowStart = new Int32Array(mixes.length + 1);
  const column: number[] = [];
  const value: number[] = [];
  for (const [row, { first, weights }] of mixes.entries()) {
    for (const [i, weight] of weights.entries()) {
      if (weight === 0) continue;
      column.push(first + i);
      value.push(weight);
    }
    rowStart[row + 1] = column.length;
  }
  return {
    shape: [mixes.length, columns],
    rowStart: tensor(rowStart, { device }),
    column: tensor(Int32Array.from(column), { device }),
    value: tensor(Float64Array.from(value), { dtype: dtype, device }),
  };
}
