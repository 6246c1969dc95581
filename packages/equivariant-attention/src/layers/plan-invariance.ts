/** Whether a plan is the same before and after an element: integers, compared one by one. */
import type { AttentionPlan } from '../attention/plan.js';
import type { EncodedPlan, Encoding } from '../encoding/encoded-plan.js';
import type { Group } from '../groups/group.js';
import { type PlaneMatrix, product } from '../groups/plane-matrix.js';
import { movedOffsets } from './orbit-rows.js';

/** Where the plan is not the same for (h v, h g, h m, matrix(h) offset) as for (v, g, m, offset), if anywhere. For an h that maps pixels to pixels. */
export function whyPlanDiffers({ plan }: EncodedPlan, encoding: Encoding, group: Group, h: number): string | undefined {
  const moved = movedOffsets(plan.offsets, group.matrices[h] as PlaneMatrix);
  if (moved === undefined || windowDiffers(plan, moved)) return 'the neighbourhood is not symmetric';
  const count = moved.length;
  for (let v = 0; v < group.order; v++) {
    const [from, to] = [v * count, group.multiply(h, v) * count];
    const isSame = moved.every((there, o) =>
      [plan.rowIndex, plan.columnIndex].every((index) => index[from + o] === index[to + there]),
    );
    if (!isSame) return positionsReason(encoding);
  }
  return whyGroupIndexDiffers(plan, encoding, group, h);
}

/** The same for an h that does not: positions are then those of other offsets, and only their maps can be compared. */
export function whyMapsDiffer(encoded: EncodedPlan, encoding: Encoding, group: Group, h: number): string | undefined {
  const maps = group.matrices.map((_, v) => mapOfPositions(encoded, v));
  const turned = (v: number): PlaneMatrix | undefined => {
    const map = maps[group.multiply(h, v)];
    return map && product(map, group.matrices[h] as PlaneMatrix);
  };
  const isSame = maps.every((map, v) => map === undefined || isNear(map, turned(v) as PlaneMatrix));
  return isSame ? whyGroupIndexDiffers(encoded.plan, encoding, group, h) : positionsReason(encoding);
}

const positionsReason = (encoding: Encoding): string =>
  `positions of encoding ${encoding} do not turn with the elements`;

/** Positions are float32. */
function isNear(x: PlaneMatrix, y: PlaneMatrix): boolean {
  return x.every((row, i) => row.every((value, j) => Math.abs(value - y[i]![j]!) <= 1e-5));
}

/** The matrix by which output v takes offsets to positions, in parts of the reach; none where a query sees itself alone. */
function mapOfPositions({ plan, rows, columns }: EncodedPlan, v: number): PlaneMatrix | undefined {
  const { offsets, rowIndex, columnIndex } = plan;
  const count = offsets.length / 2;
  const reach = offsets.reduce((most, offset) => Math.max(most, offset), 0);
  const at = (row: number, column: number): readonly [number, number] | undefined => {
    for (let o = 0; o < count; o++) {
      if (offsets[2 * o] !== row || offsets[2 * o + 1] !== column) continue;
      return [rows[rowIndex[v * count + o]!]! * reach, columns[columnIndex[v * count + o]!]! * reach];
    }
    return undefined;
  };
  const [down, right] = [at(1, 0), at(0, 1)];
  return down && right && [[down[0], right[0]], [down[1], right[1]]]; // biome-ignore format: a matrix
}

function windowDiffers({ window }: AttentionPlan, moved: Int32Array): boolean {
  return window !== undefined && !moved.every((there, o) => window[there] === window[o]);
}

/** Whether idx(h v, h g, h m) = idx(v, g, m) for all. */
function whyGroupIndexDiffers(
  { groupIndex: index }: AttentionPlan,
  encoding: Encoding,
  group: Group,
  h: number,
): string | undefined {
  if (index === undefined) return undefined;
  const { order } = group;
  const by = group.matrices.map((_, element) => group.multiply(h, element));
  for (let v = 0, at = 0; v < order; v++) {
    for (let g = 0; g < order; g++) {
      for (let m = 0; m < order; m++, at++) {
        const there = ((by[v] as number) * order + (by[g] as number)) * order + (by[m] as number);
        if (index[at] !== index[there])
          return `the group index of encoding ${encoding} changes when output, query and key turn together`;
      }
    }
  }
  return undefined;
}
