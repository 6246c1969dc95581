/** Strided views made simpler: axes of size 1 dropped, axes that every operand walks as one merged. */

/** A shape, and for each operand its element strides over it. */
export interface Strided {
  readonly shape: number[];
  readonly strides: number[][];
}

/** The same walk with as few axes as possible; a shape of ones gives no axes. Order of the axes is kept. */
export function collapse(shape: readonly number[], strides: readonly (readonly number[])[]): Strided {
  const kept: number[] = [];
  const keptStrides: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const last = kept.length - 1;
    const merges = last >= 0 && strides.every((of, i) => keptStrides[i]![last] === of[axis]! * size);
    if (merges) kept[last]! *= size;
    else kept.push(size);
    for (let i = 0; i < strides.length; i++) keptStrides[i]![merges ? last : last + 1] = strides[i]![axis]!;
  }
  return { shape: kept, strides: keptStrides };
}
