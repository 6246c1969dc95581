/** Where a neighbour lies as an output element sees it: its offset, turned back by the element (or, as released, forth). */
import type { Group } from '../groups/group.js';
import { type PlaneMatrix, rotationMatrix, transposed } from '../groups/plane-matrix.js';
import { factorsBy } from './cosets.js';
import type { Neighbourhood } from './neighbourhood.js';
import type { Release } from './released.js';

/** Rows and columns of the places of all offsets, of one output element after another: [V, O] each. */
export interface Positions {
  readonly rows: Float32Array;
  readonly columns: Float32Array;
}

type Point = readonly [row: number, column: number];

/** The product, without negative zeros. */
export function turn([[a, b], [c, d]]: PlaneMatrix, [row, column]: Point): Point {
  return [a * row + b * column + 0, c * row + d * column + 0];
}

/** The places of all offsets under each of `count` outputs. */
function positions(
  { offsets }: Neighbourhood,
  count: number,
  place: (output: number, offset: Point) => Point,
): Positions {
  const length = offsets.length / 2;
  const [rows, columns] = [new Float32Array(count * length), new Float32Array(count * length)];
  for (let v = 0, at = 0; v < count; v++) {
    for (let o = 0; o < length; o++, at++) {
      const [row, column] = place(v, [offsets[2 * o] as number, offsets[2 * o + 1] as number]);
      rows[at] = row;
      columns[at] = column;
    }
  }
  return { rows, columns };
}

/** 1 at `reach` pixels. Exactly antisymmetric. */
const scaled = (pixels: number, reach: number): number => (reach === 0 ? 0 : pixels / reach);

/**
 * matrix(v)^-1 offset. With v = l r, the offset is first moved by l^-1, which maps pixels to pixels, and then turned: so the place of (h v, matrix(h) offset) is that of
 * (v, offset) to the last bit, for every h of that kind.
 */
export function exactPositions(group: Group, neighbourhood: Neighbourhood): Positions {
  const factors = factorsBy(group, group.latticeElements);
  const back = group.matrices.map(transposed);
  return positions(neighbourhood, group.order, (v, offset) => {
    const { l, r } = factors[v] as { l: number; r: number };
    const [row, column] = turn(back[l] as PlaneMatrix, offset);
    return turn(back[r] as PlaneMatrix, [scaled(row, neighbourhood.reach), scaled(column, neighbourhood.reach)]);
  });
}

/** matrix^-1 offset, for outputs that are any poses. */
export function positionsAt(poses: readonly PlaneMatrix[], neighbourhood: Neighbourhood): Positions {
  const back = poses.map(transposed);
  const { reach } = neighbourhood;
  return positions(neighbourhood, poses.length, (v, [row, column]) =>
    turn(back[v] as PlaneMatrix, [scaled(row, reach), scaled(column, reach)]),
  );
}

/** As released: the grid i / reach - 1, which rounding keeps from being antisymmetric, and products of float32. */
export function releasedPositions(release: Release, neighbourhood: Neighbourhood): Positions {
  const { reach } = neighbourhood;
  const grid = (pixels: number): number =>
    reach === 0 ? 0 : Math.fround(Math.fround((pixels + reach) / Math.fround(reach)) - 1);
  const { rotations, order } = release;
  const matrices = Array.from({ length: order }, (_, v) => rotationMatrix(v % rotations, rotations));
  const single = matrices.map(([[a, b], [c, d]]) => [[Math.fround(a), Math.fround(b)], [Math.fround(c), Math.fround(d)]] as const); // biome-ignore format: a matrix
  return positions(neighbourhood, order, (v, [row, column]) => {
    const isMirrored = v >= rotations;
    const [matrix] = [single[v] as PlaneMatrix];
    if (release.name === 'paper2021') return turn(matrix, [grid(row), grid(isMirrored ? -column : column)]);
    // Columns are their first axis.
    const [x, y] = turn(matrix, [grid(column), grid(row)]);
    return [y, isMirrored ? 0 - x : x];
  });
}
