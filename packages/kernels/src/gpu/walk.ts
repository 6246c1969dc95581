/** Walks over broadcast axes as places of a grid: what a kernel's body reads of each operand. */
import { collapse } from '../strides.js';

export interface Walk {
  /** Extents, innermost first; those beyond the third are part of the third. */
  readonly grid: number[];
  /** What the indices are made of. */
  readonly sizes: Record<string, number>;
  /** The index into each operand at a place of the grid, as JavaScript for gpu.js. */
  readonly index: Readonly<Record<string, string>>;
  /** Tells apart walks whose indices differ as text. */
  readonly kind: string;
}

/** Where along each axis, innermost first, a thread is; `sizes` is given what this takes. */
function placesOf(extents: readonly number[], sizes: Record<string, number>): string[] {
  const places = ['#x', '#y', '#z'].slice(0, extents.length);
  if (extents.length <= 3) return places;
  let before = 1;
  for (let axis = 2; axis < extents.length; axis++) {
    sizes[`before${axis}`] = before;
    sizes[`extent${axis}`] = extents[axis]!;
    places[axis] = `remainder(quotient(#z, before${axis}), extent${axis})`;
    before *= extents[axis]!;
  }
  return places;
}

/**
 * The walk over `shape` in row-major order.
 * @param strides each operand's element stride per axis, by the name of the input
 * @param starts the element at which an operand starts, where not at its first
 */
export function walk(
  shape: readonly number[],
  strides: Readonly<Record<string, readonly number[]>>,
  starts: Readonly<Record<string, number>> = {},
): Walk {
  const names = Object.keys(strides);
  const collapsed = collapse(shape, Object.values(strides));
  const extents = collapsed.shape.slice().reverse();
  const [x = 1, y = 1, ...outer] = extents;
  const grid = [x, y, outer.reduce((product, size) => product * size, 1)].slice(0, extents.length);
  const flat = extents.length === 1 && collapsed.strides.every(([step]) => step === 1);
  const sizes: Record<string, number> = {};
  const places = placesOf(extents, sizes);
  const index: Record<string, string> = {};
  names.forEach((name, operand) => {
    const steps = collapsed.strides[operand]!.slice().reverse();
    const terms = flat ? ['#x'] : places.map((place, axis) => `${place} * ${name}${axis}`);
    if (!flat) for (const [axis, step] of steps.entries()) sizes[`${name}${axis}`] = step;
    if (name in starts) {
      terms.push(`${name}Start`);
      sizes[`${name}Start`] = starts[name]!;
    }
    index[name] = terms.join(' + ');
  });
  return { grid, sizes, index, kind: flat ? 'flat' : `${extents.length} axes` };
}
