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
  const worst = new Float64Array(radius + 1);
  const rings = new Float64Array(radius + 1);
  for (const ranges of combinations(axes.map((axis) => rangesOf(axis, reach)))) {
    const offsets = combinations(
      ranges.map(({ low, high }) => Array.from({ length: high - low + 1 }, (_, i) => low + i)),
    );
    const scores = offsets.map((offset) => scoreOf(precision, center, offset));
    const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    rings.fill(0);
    offsets.forEach((offset, i) => {
      rings[Math.max(...offset.map(Math.abs))]! += Math.exp(scores[i]! - most);
    });
    const total = rings.reduce((a, b) => a + b, 0);
    for (let r = radius, beyond = 0; r >= 0; r--) {
      worst[r] = Math.max(worst[r]!, beyond / total);
      beyond += rings[r]!;
    }
  }
  return worst;
}

/** -1/2 (d - center)^T P (d - center). */
function scoreOf(precision: ArrayLike<number>, center: readonly number[], offset: readonly number[]): number {
  const away = offset.map((d, i) => d - center[i]!);
  let sum = 0;
  for (const [i, a] of away.entries())
    for (const [j, b] of away.entries()) sum += precision[i * away.length + j]! * a * b;
  return -sum / 2;
}

/** All choices of one entry of each list, the last one's first. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((chosen, list) => chosen.flatMap((one) => list.map((entry) => [...one, entry])), [[]]);
}
