/** Broadcast axes: merged where all operands step through them alike, and walked row by row. */

/** A shape and, for each operand, its element stride per axis. */
export interface Strided {
  readonly shape: number[];
  readonly strides: number[][];
}

/**
 * The same walk with as few axes as possible: axes of size 1 are dropped and neighbours merged where, in every operand,
 * the outer stride is the inner one times the inner size. At least one axis is left.
 */
export function collapse(shape: readonly number[], strides: readonly (readonly number[])[]): Strided {
  // Copies, then written from the front: lists that grow take more time and room than a small kernel.
  const sizes = shape.slice();
  const steps = strides.map((operand) => operand.slice());
  let last = -1;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (size === 1) continue;
    if (last >= 0 && continues(steps, last, strides, axis, size)) sizes[last]! *= size;
    else sizes[++last] = size;
    for (let o = 0; o < steps.length; o++) steps[o]![last] = strides[o]![axis]!;
  }
  if (last < 0) return { shape: [1], strides: strides.map(() => [0]) };
  while (sizes.length > last + 1) {
    sizes.pop();
    for (let o = 0; o < steps.length; o++) steps[o]!.pop();
  }
  return { shape: sizes, strides: steps };
}

/** Whether every operand steps from axis `last` of `steps` into `axis`, of extent `size`, without a break. */
function continues(
  steps: readonly (readonly number[])[],
  last: number,
  strides: readonly (readonly number[])[],
  axis: number,
  size: number,
): boolean {
  for (let o = 0; o < steps.length; o++) if (steps[o]![last]! !== strides[o]![axis]! * size) return false;
  return true;
}

/** The element at which row `row` of an operand starts; the rows run along the last of `axes + 1` axes. */
export function rowStart(row: number, shape: readonly number[], strides: readonly number[], axes: number): number {
  let at = 0;
  let rest = row;
  for (let axis = axes - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    at += (rest % size) * strides[axis]!;
    rest = Math.floor(rest / size);
  }
  return at;
}

/** Product of the sizes. */
export function volume(shape: readonly number[]): number {
  let product = 1;
  for (const size of shape) product *= size;
  return product;
}
