/** Which rows of random numbers attention weights read so that masks are the same all over an orbit. */
import type { OrbitRows } from '../attention/dropout.js';
import type { AttentionPlan } from '../attention/plan.js';
import { factorsBy } from '../encoding/cosets.js';
import { turn } from '../encoding/positions.js';
import type { Group } from '../groups/group.js';
import { type PlaneMatrix, transposed } from '../groups/plane-matrix.js';
import { keepingElements, movedPixels, type Sides } from './pixel-grid.js';

/**
 * The row of (v, g, i), v = l r with l of the elements that keep the image's pixels, is that of (r, l^-1 g, l^-1 i), and its place (m, o) is there (l^-1 m, l^-1 o): for
 * each h of those elements (h v, h g, h i) and (h m, h o) lead to the same.
 */
export function orbitRows(plan: AttentionPlan, group: Group, sides: Sides): OrbitRows {
  const keeping = keepingElements(group, sides);
  const back = new Map(keeping.map((l) => [l, inverseOf(plan, group, sides, l)]));
  const pixels = sides.height * sides.width;
  const { outputs, queries, keys } = plan;
  const offsets = plan.offsets.length / 2;
  const rowOf = new Int32Array(outputs * queries * pixels);
  const place = new Int32Array(outputs * keys * offsets);
  let [row, at] = [0, 0];
  for (const { l, r } of factorsBy(group, keeping)) {
    const inverse = back.get(l) as Inverse;
    for (let g = 0; g < queries; g++) {
      const base = (r * queries + inverse.element(g)) * pixels;
      for (let i = 0; i < pixels; i++) rowOf[row++] = base + (inverse.pixels[i] as number);
    }
    for (let m = 0; m < keys; m++) {
      const base = inverse.element(m) * offsets;
      for (let o = 0; o < offsets; o++) place[at++] = base + (inverse.offsets[o] as number);
    }
  }
  return { rowOf, place };
}

/** What l^-1 does. */
interface Inverse {
  /** With elements of queries and keys; lifting has one, which stays. */
  element(g: number): number;
  readonly pixels: Int32Array;
  readonly offsets: Int32Array;
}

function inverseOf(plan: AttentionPlan, group: Group, sides: Sides, l: number): Inverse {
  const inverse = group.inverse(l);
  const matrix = transposed(group.matrices[l] as PlaneMatrix);
  return {
    element: (g) => (plan.queries === 1 ? g : group.multiply(inverse, g)),
    pixels: movedPixels(matrix, sides),
    offsets: movedOffsets(plan.offsets, matrix) as Int32Array,
  };
}

/** Where a matrix takes each offset among all; undefined if one is taken to none of them. */
export function movedOffsets(offsets: Int32Array, matrix: PlaneMatrix): Int32Array | undefined {
  const points = Array.from({ length: offsets.length / 2 }, (_, o) => [offsets[2 * o]!, offsets[2 * o + 1]!] as const);
  const places = new Map(points.map((point, o) => [String(point), o]));
  const moved = points.map((point) => places.get(String(turn(matrix, point))));
  return moved.includes(undefined) ? undefined : Int32Array.from(moved as number[]);
}
