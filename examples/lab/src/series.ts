/** What of a series is drawn: its points that an axis can show, their moving mean, and fewer of them where there are many. */
import type { Point } from './figure.js';

/** The points that a chart can show: finite, and positive where an axis is logarithmic. */
export function drawable(points: readonly Point[], logX: boolean, logY: boolean): Point[] {
  return points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && !(logX && x <= 0) && !(logY && y <= 0));
}

/** The mean of up to `window` neighbours around each point; fewer at the ends. */
export function movingMean(points: readonly Point[], window: number): Point[] {
  const before = Math.floor((window - 1) / 2);
  const sums = [0];
  for (const [, y] of points) sums.push((sums[sums.length - 1] ?? 0) + y);
  return points.map(([x], i) => {
    const [from, to] = [Math.max(0, i - before), Math.min(points.length, i - before + window)];
    return [x, ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)];
  });
}

/** At most about `limit` points that look the same: the lowest and the highest of each stretch, in their order. */
export function thin(points: readonly Point[], limit: number): Point[] {
  if (points.length <= limit) return [...points];
  const stretch = Math.ceil((2 * points.length) / limit);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const end = Math.min(points.length, start + stretch);
    let [low, high] = [start, start];
    for (let i = start; i < end; i++) {
      if (yOf(points, i) < yOf(points, low)) low = i;
      if (yOf(points, i) > yOf(points, high)) high = i;
    }
    for (const i of new Set([Math.min(low, high), Math.max(low, high)])) kept.push(points[i] as Point);
  }
  return kept;
}

function yOf(points: readonly Point[], i: number): number {
  return points[i]?.[1] ?? 0;
}
