/** Where elements of a group take the pixels of an image. */
import type { Group } from '../groups/group.js';
import { isSignedPermutation, type PlaneMatrix } from '../groups/plane-matrix.js';

/** Sides of an image. */
export interface Sides {
  readonly height: number;
  readonly width: number;
}

/** Whether an element maps the pixels of an image to its pixels: of one that is not square, quarter turns do not. */
export function keepsPixels(matrix: PlaneMatrix, { height, width }: Sides): boolean {
  return isSignedPermutation(matrix) && (height === width || matrix[0][0] !== 0);
}

/** The elements that do; they are a subgroup. */
export function keepingElements(group: Group, sides: Sides): readonly number[] {
  return group.latticeElements.filter((element) => keepsPixels(group.matrices[element] as PlaneMatrix, sides));
}

/** The pixel to which such a matrix takes each, about the centre. */
export function movedPixels([[a, b], [c, d]]: PlaneMatrix, { height, width }: Sides): Int32Array {
  return Int32Array.from({ length: height * width }, (_, pixel) => {
    // Twice the distance from the centre, which is a whole number.
    const [y, x] = [2 * Math.floor(pixel / width) - height + 1, 2 * (pixel % width) - width + 1];
    return ((a * y + b * x + height - 1) / 2) * width + (c * y + d * x + width - 1) / 2;
  });
}
