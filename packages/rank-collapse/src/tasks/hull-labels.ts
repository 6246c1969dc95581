/** Which points of a set lie on its convex hull. */
import { OptionError, quote } from '@saccade/tensor';
import { orientation, type PlanePoint } from './orientation.js';

/**
 * 1 for points on the hull, its edges included, 0 for points inside: Andrew's monotone chain with exact turns. Points may be equal, or lie above each other or on
 * one line, where the release divides by zero.
 * @throws {OptionError} for coordinates that are not finite
 */
export function hullLabels(points: readonly PlanePoint[]): Int32Array {
  const bad = points.findIndex((point) => !(point.length === 2 && point.every(Number.isFinite)));
  if (bad >= 0) throw new OptionError(`hullLabels: point ${bad} must be two finite numbers, got ${quote(points[bad])}`);
  const distinct = [...new Map(points.map((point) => [keyOf(point), point])).values()].sort(compare);
  const hull = new Set([...halfHull(distinct), ...halfHull(distinct.reverse())].map(keyOf));
  return Int32Array.from(points, (point) => Number(hull.has(keyOf(point))));
}

/** The same for points that are equal. */
const keyOf = ([x, y]: PlanePoint): string => `${x} ${y}`;

const compare = (a: PlanePoint, b: PlanePoint): number => a[0] - b[0] || a[1] - b[1];

/** The points along one half of the hull, from the first in order to the last, without a right turn. */
function halfHull(points: readonly PlanePoint[]): PlanePoint[] {
  const chain: PlanePoint[] = [];
  for (const point of points) {
    while (turnsRight(chain.at(-2), chain.at(-1), point)) chain.pop();
    chain.push(point);
  }
  return chain;
}

const turnsRight = (a: PlanePoint | undefined, b: PlanePoint | undefined, c: PlanePoint): boolean =>
  a !== undefined && b !== undefined && orientation(a, b, c) < 0;
