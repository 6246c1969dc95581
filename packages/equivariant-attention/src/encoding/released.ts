/** What the released codes do in the place of an exact encoding, for parity: their groups, and the group index of each. */
import { OptionError } from '@saccade/tensor';
import type { Group } from '../groups/group.js';
import { rotations, rotationsAndMirrors } from '../groups/named-groups.js';

/** The paper's release, and that of its follow-up. */
export type ReleaseName = 'paper2021' | 'gevit2023';

/** A release on a group of its kind: rotations, and then the same with a mirror. */
export interface Release {
  readonly name: ReleaseName;
  readonly rotations: number;
  readonly order: number;
}

/** @throws {OptionError} for a group that the releases have not */
export function releaseOn(op: string, name: ReleaseName, group: Group): Release {
  const { order } = group;
  if (group.equals(rotations(order))) return { name, rotations: order, order };
  if (order % 2 === 0 && order <= 256 && group.equals(rotationsAndMirrors(order / 2))) {
    return { name, rotations: order / 2, order };
  }
  throw new OptionError(
    `${op}: encoding ${name} is for equal rotations, and the same with a mirror behind them; ${group.name} is another group`,
  );
}

/** [V, G, M]: row of the table for output v, query g and key m. It is not the same when all three are multiplied by an element, which is why these layers are not equivariant. */
export function releasedGroupIndex(release: Release): Int32Array {
  const { order } = release;
  const relative = relativePositions(release);
  const index = new Int32Array(order ** 3);
  for (let v = 0, at = 0; v < order; v++) {
    for (let g = 0; g < order; g++) {
      for (let m = 0; m < order; m++) index[at++] = acted(release, relative, v, g, m);
    }
  }
  return index;
}

const wrap = (i: number, n: number): number => ((i % n) + n) % n;

/** The relative position of key m and query g. */
type Relative = (g: number, m: number) => number;

function relativePositions({ name, order, rotations: n }: Release): Relative {
  const isPaper = name === 'paper2021';
  if (n === order) return (g, m) => (isPaper ? wrap(m - g, n) : wrap(2 * g - m, n));
  // The follow-up writes out the group of two elements.
  if (!isPaper && n === 1) return (_, m) => m;
  return (g, m) => {
    const [turn, isMirrored] = [g % n, g >= n];
    // A mirror exchanges the halves: in the paper's release as places, in the follow-up as numbers.
    const half = isPaper && isMirrored ? 1 - Math.floor(m / n) : Math.floor(m / n);
    const place = half * n + wrap((m % n) + (half === 0 ? -turn : turn), n);
    return !isPaper && isMirrored ? (place + n) % order : place;
  };
}

/** The table of relative positions acted on by v: rotations move along keys; of mirrored groups, along queries. */
function acted({ name, order, rotations: n }: Release, relative: Relative, v: number, g: number, m: number): number {
  if (n === order) return relative(g, wrap(m + v, n));
  const [turn, isMirrored] = [v % n, v >= n];
  const isPaper = name === 'paper2021';
  const half = isPaper && isMirrored ? 1 - Math.floor(g / n) : Math.floor(g / n);
  const found = relative(half * n + wrap((g % n) + (half === 0 ? turn : -turn), n), m);
  return !isPaper && isMirrored ? (found + n) % order : found;
}
