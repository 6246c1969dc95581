/** How far two results are from each other. */
import { sameShape, show, type Tensor } from '@saccade/tensor';

/** What was found in a comparison. */
export interface Difference {
  /** max |x - y| / max |y| of what is finite in both; infinite where a value is so in one alone, NaN where none is. */
  readonly error: number;
  /** Values that are NaN or infinite, in either. */
  readonly nonFinite: number;
  /** Why they could not be compared; then the error is infinite. */
  readonly failure?: string | undefined;
}

/**
 * Compares what a model gives for an input that was turned with what it gives, turned. With `radius`, only pixels within this share of the way from the centre to the
 * nearest edge count, where there are pixels.
 */
export async function difference(
  turnedFirst: Tensor,
  turnedLast: Tensor,
  radius: number | undefined,
): Promise<Difference> {
  if (!sameShape(turnedFirst.shape, turnedLast.shape)) {
    const failure = `the turned input gives ${show(turnedFirst.shape)}, not ${show(turnedLast.shape)}`;
    return { error: Number.POSITIVE_INFINITY, nonFinite: 0, failure };
  }
  const [x, y] = [await turnedFirst.data(), await turnedLast.data()];
  const inside = radius === undefined ? undefined : pixelsWithin(turnedLast, radius);
  const channels = turnedLast.shape.at(-1) ?? 1;
  let [apart, largest, nonFinite] = [0, 0, 0];
  for (let i = 0; i < y.length; i++) {
    if (inside !== undefined && !inside[Math.floor(i / channels) % inside.length]) continue;
    const [a, b] = [x[i] as number, y[i] as number];
    const [fineA, fineB] = [Number.isFinite(a), Number.isFinite(b)];
    if (!fineA || !fineB) nonFinite += 1;
    if (fineA !== fineB) apart = Number.POSITIVE_INFINITY;
    if (!fineA || !fineB) continue;
    apart = Math.max(apart, Math.abs(a - b));
    largest = Math.max(largest, Math.abs(b));
  }
  if (apart === 0 && nonFinite > 0 && nonFinite === y.length) return { error: Number.NaN, nonFinite };
  return { error: apart === 0 ? 0 : apart / largest, nonFinite };
}

/** Which of the pixels lie within; undefined where there are no pixels. */
function pixelsWithin({ rank, shape }: Tensor, radius: number): boolean[] | undefined {
  if (rank < 4) return undefined;
  const [height, width] = shape.slice(-3) as [number, number, number];
  const reach = (radius * (Math.min(height, width) - 1)) / 2;
  return Array.from({ length: height * width }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / width) - (height - 1) / 2, (pixel % width) - (width - 1) / 2];
    return Math.hypot(row, column) <= Math.max(reach, 1);
  });
}

/** The worse of two. */
export function worse(a: Difference, b: Difference): Difference {
  const error = Number.isNaN(a.error) ? b.error : Number.isNaN(b.error) ? a.error : Math.max(a.error, b.error);
  return { error, nonFinite: a.nonFinite + b.nonFinite, failure: a.failure ?? b.failure };
}
