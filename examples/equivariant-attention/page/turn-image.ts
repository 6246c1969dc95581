/** A digit turned by any angle. */
import { actOnImages, groups } from '@saccade/equivariant-attention';
import { concat, rotate, scope, type Tensor, tensor } from '@saccade/tensor';

/** Pixels along a side. */
export const side = 8;

/** A digit's pixels, row by row: 0 is paper, 1 is ink. */
export type Pixels = Float32Array;

/**
 * The digit turned counter-clockwise by each of the angles, in degrees: [angles, 8, 8, 1]. Quarter turns move pixels, exactly; what is between is interpolated, and what
 * leaves the square is lost.
 */
export function turnImage(pixels: Pixels, degrees: readonly number[]): Tensor {
  return scope(() => {
    const image = tensor(pixels, { shape: [1, side, side, 1] });
    return concat(degrees.map((angle) => turned(image, angle)));
  });
}

function turned(image: Tensor, degrees: number): Tensor {
  if (degrees % 90 !== 0) return rotate(image, (degrees * Math.PI) / 180);
  return actOnImages(image, groups.p4, (((degrees / 90) % 4) + 4) % 4);
}

/** A place about the centre, which turns with the digit. */
export interface Place {
  /** Downwards and to the right, in pixels. */
  readonly y: number;
  readonly x: number;
}

/** The place in the digit that is turned back by that angle: `placeOf(pixelAt(...))` is the same. */
export function placeOf({ row, column }: { row: number; column: number }, degrees: number): Place {
  return turnedPlace({ y: row - (side - 1) / 2, x: column - (side - 1) / 2 }, -degrees);
}

/** The pixel on which a place of the upright digit lies once it is turned: the nearest one in the square. */
export function pixelAt(place: Place, degrees: number): { row: number; column: number } {
  const { y, x } = turnedPlace(place, degrees);
  const inside = (value: number): number => Math.min(side - 1, Math.max(0, Math.round(value + (side - 1) / 2)));
  return { row: inside(y), column: inside(x) };
}

function turnedPlace({ y, x }: Place, degrees: number): Place {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { y: cos * y - sin * x, x: sin * y + cos * x };
}
