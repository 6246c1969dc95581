/** What windows around the queries leave out of the heads' weight, from centres and precisions, on the host. */
import { type Axis, offsetsOf } from './grid.js';
import type { Spread } from './spread.js';

/** The offsets key - query that a query of an axis has: low, low + 1, ..., high. */
interface Range {
  readonly low: number;
  readonly high: number;
}

/** The different ranges of an axis' queries. Weights beyond `reach` count nothing, so queries far from the borders are alike. */
function rangesOf({ first, keys, stride, queries }: Axis, reach: number): Range[] {
  const found = new Map<string, Range>();
  for (let q = 0; q < queries; q++) {
    const [low, high] = [first - q * stride, first + keys - 1 - q * stride];
    // A query that sees nothing within reach sees what is nearest.
    const apart = low > reach || high < -reach;
    const range = apart ? { low, high } : { low: Math.max(low, -reach), high: Math.min(high, reach) };
    found.set(`${range.low} ${range.high}`, range);
  }
  return [...found.values()];
}

/** The radius within which every query has all of its keys. */
export function wholeRadius(axes: readonly Axis[]): number {
  return Math.max(
    0,
    ...axes.flatMap((axis) => {
      const { low, count } = offsetsOf(axis);
      return [Math.abs(low), Math.abs(low + count - 1)];
    }),
  );
}

/** The radius within which every query has a key. */
export function seeingRadius(axes: readonly Axis[]): number {
  return Math.max(
    0,
    ...axes.flatMap((axis) => rangesOf(axis, Number.POSITIVE_INFINITY).map(({ low, high }) => Math.max(low, -high))),
  );
}

/** For the radii 0, 1, ..., `radius` the largest share of any query's weight of one head that lies further away along some axis. */
export function sharesBeyond(head: Spread, axes: readonly Axis[], radius: number): Float64Array {
  const reach = Math.min(head.reach, radius);
  const { precision: p, center } = head;
  if (!head.diagonal) return jointShares(p.data, center, axes, reach, radius);
  // The softmax is a product over axes, so what all keep is the product of what each keeps.
  const kept = new Float64Array(radius + 1).fill(1);
  for (const [i, axis] of axes.entries()) {
    const own = jointShares([p.data[i * p.rows + i]!], [center[i]!], [axis], reach, radius);
    own.forEach((share, r) => {
      kept[r]! *= 1 - share;
    });
  }
  return kept.map((share) => 1 - share);
}

/** The same from the sums themselves, for each combination of the axes' ranges. */
function jointShares(
  precision: ArrayLike<number>,
  center: readonly number[],
  axes: readonly Axis[],
  reach: number,
  radius: number,
): Float64Array {
  const ranges = axes.map((axis) => rangesOf(axis, reach));
  const box = ranges.map((own) => ({
    low: Math.min(...own.map(({ low }) => low)),
    high: Math.max(...own.map(({ high }) => high)),
  }));
  const offsets = combinations(box.map(({ low, high }) => Array.from({ length: high - low + 1 }, (_, i) => low + i)));
  const scores = Float64Array.from(offsets, (offset) => scoreOf(precision, center, offset));
  const rings = Int32Array.from(offsets, (offset) => Math.max(...offset.map(Math.abs)));
  const worst = new Float64Array(radius + 1);
  for (const chosen of combinations(ranges)) {
    const masses = ringMasses(placesOf(chosen, box), scores, rings, radius);
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    for (let r = radius, beyond = 0; r >= 0; r--) {
      worst[r] = Math.max(worst[r]!, beyond / total);
      beyond += masses[r]!;
    }
  }
  return worst;
}

/** The weight at each distance from the query, relative to the largest. */
function ringMasses(places: Int32Array, scores: Float64Array, rings: Int32Array, radius: number): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (const place of places) most = Math.max(most, scores[place]!);
  const masses = new Float64Array(radius + 1);
  for (const place of places) masses[rings[place]!]! += Math.exp(scores[place]! - most);
  return masses;
}

/** Where the offsets of these ranges stand in the box of all offsets, row by row. */
function placesOf(ranges: readonly Range[], box: readonly Range[]): Int32Array {
  let places = Int32Array.of(0);
  for (const [i, { low, high }] of ranges.entries()) {
    const [count, extent, from] = [high - low + 1, box[i]!.high - box[i]!.low + 1, low - box[i]!.low];
    const before = places;
    places = new Int32Array(before.length * count);
    for (let j = 0; j < places.length; j++) {
      const outer = Math.floor(j / count);
      places[j] = before[outer]! * extent + from + (j - outer * count);
    }
  }
  return places;
}

/** -1/2 (d - center)^T P (d - center). */
function scoreOf(precision: ArrayLike<number>, center: readonly number[], offset: readonly number[]): number {
  const away = offset.map((d, i) => d - center[i]!);
  const dims = away.length;
  let sum = 0;
  for (let i = 0; i < dims; i++) for (let j = 0; j < dims; j++) sum += precision[i * dims + j]! * away[i]! * away[j]!;
  return -sum / 2;
}

/** All choices of one entry of each list; the last list's change first. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((chosen, list) => chosen.flatMap((one) => list.map((entry) => [...one, entry])), [[]]);
}
