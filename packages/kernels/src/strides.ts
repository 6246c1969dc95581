/** Broadcast axes: merged where all operands step through them alike, and walked row by row. */

/** A shape and, for each operand, its element stride per axis. */
export interface Strided {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/**
 * The same walk with as few axes as possible: axes of size 1 are dropped and neighbours merged where, in every operand,
 * the outer stride is the inner one times the inner size. At least one axis is left.
 */
export function collapse(shape: readonly number[], strides: readonly (readonly number[])[]): Strided {
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((operand, o) => steps[o]![last]! === operand[axis]! * size)) {
      sizes[last]! *= size;
      for (let o = 0; o < steps.length; o++) steps[o]![last] = strides[o]![axis]!;
    } else {
      sizes.push(size);
      for (let o = 0; o < steps.length; o++) steps[o]!.push(strides[o]![axis]!);
    }
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const step of steps) step.push(0);
  }
  return { shape: sizes, strides: steps };
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
