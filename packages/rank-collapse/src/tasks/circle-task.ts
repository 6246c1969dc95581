/** Walking along a circle: two points of it, and where they are a step later (the paper's section 4.3). */
import { checkOptions, requireAbove, requireCount, scope, type Tensor, tensor } from '@saccade/tensor';
import type { PlanePoint } from './orientation.js';

/** Options of `circleTask`. */
export interface CircleTaskOptions {
  /** Points of the circle. Default 1000. */
  readonly points?: number | undefined;
  /** Default 0.3. */
  readonly radius?: number | undefined;
  /** How many points on the second token is. Default half of them, that is opposite; the release has 499 of 1000. */
  readonly apart?: number | undefined;
  /** How many points on the tokens have to go. Default 1. */
  readonly advance?: number | undefined;
}

/** Pairs of points and where they go. The tensors are the caller's: `dispose(task)` frees them. */
export interface CircleTask {
  /** [points, 2, 2]: pair i is the points i and i + apart. */
  readonly inputs: Tensor;
  /** [points, 2, 2]: pair i is the points i + advance and i + apart + advance. */
  readonly targets: Tensor;
}

/** @throws {OptionError} for counts that are no whole numbers, from 2 points on, and a radius that is not above 0 */
export function circleTask(options: CircleTaskOptions = {}): CircleTask {
  const op = 'circleTask';
  const {
    points = 1000,
    radius = 0.3,
    advance = 1,
  } = checkOptions(op, options, ['points', 'radius', 'apart', 'advance']);
  requireCount(op, 'points', points, 2);
  requireAbove(op, 'radius', radius);
  requireCount(op, 'advance', advance, 0);
  const apart = requireCount(op, 'apart', options.apart ?? Math.floor(points / 2), 0);
  const pairs = (from: number): Tensor => {
    const both = Array.from({ length: points }, (_, i) => [from + i, from + i + apart]).flat();
    const values = both.flatMap((i) => circlePoint(i % points, points, radius));
    return tensor(Float32Array.from(values), { shape: [points, 2, 2] });
  };
  return scope(() => ({ inputs: pairs(0), targets: pairs(advance) }));
}

/** Point `i` of so many that stand evenly on a circle, counted against the clock from (radius, 0). */
export function circlePoint(i: number, points: number, radius: number): PlanePoint {
  const angle = (2 * Math.PI * i) / points;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
