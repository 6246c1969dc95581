/** Bounds at the steps of a run, to be drawn beside it. */
import { checkOptions, OptionError, quote, requireCount } from '@saccade/tensor';
import type { LossPoint } from '../pictures/loss-series.js';
import { type BoundOptions, bound, type MemoryBoundOptions, memoryBound } from './bound.js';

/** Where to compute a bound: numbers of steps, or the points of a run, whose bits and bytes are kept. */
export type CurveSteps = readonly number[] | readonly LossPoint[];

/** What the curve of Theorem 2.4 needs to know. */
export interface LossCurveOptions extends BoundOptions {
  /** f*, the least loss there is: the theorem is about the distance to it. Default: 0. */
  readonly optimum?: number | undefined;
}

function requirePoints(at: CurveSteps): LossPoint[] {
  const op = 'theory.curve';
  if (!Array.isArray(at)) throw new OptionError(`${op}: expected steps or the points of a run, got ${quote(at)}`);
  const points = at.map((one): LossPoint => (typeof one === 'number' ? { step: one, loss: 0 } : one));
  for (const point of points) requireCount(op, 'step', (point as Partial<LossPoint> | null)?.step as number, 0);
  return points;
}

/**
 * A bound at each of the given steps, as points for `lossChart`. `'loss'` is f* plus the right-hand side of Theorem 2.4, without the points at
 * step 0, where it says nothing; `'memory'` is the bound on ||m_t||^2.
 *
 * @param at numbers of steps, or points such as those of a run
 * @throws {OptionError} as `theory.bound` and `theory.memoryBound`, and for points without a step
 */
export function curve(kind: 'loss', at: CurveSteps, options: LossCurveOptions): LossPoint[];
export function curve(kind: 'memory', at: CurveSteps, options: MemoryBoundOptions): LossPoint[];
export function curve(
  kind: 'loss' | 'memory',
  at: CurveSteps,
  options: LossCurveOptions | MemoryBoundOptions,
): LossPoint[] {
  const op = 'theory.curve';
  const points = requirePoints(at);
  if (kind === 'memory') {
    return points.map((point) => ({ ...point, loss: memoryBound(point.step!, options as MemoryBoundOptions) }));
  }
  if (kind !== 'loss') throw new OptionError(`${op}: the kind must be 'loss' or 'memory', got ${quote(kind)}`);
  const names = ['d', 'k', 'alpha', 'mu', 'L', 'G', 'distance', 'a', 'optimum'] as const;
  const { optimum = 0, ...problem } = checkOptions(op, options as LossCurveOptions, names);
  if (!Number.isFinite(optimum)) throw new OptionError(`${op}: optimum must be a number, got ${quote(optimum)}`);
  return points
    .filter(({ step }) => step !== 0)
    .map((point) => ({ ...point, loss: optimum + bound({ ...problem, T: point.step! }) }));
}
