/** What every relaxation asks of its arguments when it is called by itself: scores to choose among, and how many. */
import { DTypeError, OptionError, quote, requireShape, type Tensor } from '@saccade/tensor';

/** The shape of scores [batch, n]. @throws {DTypeError} unless they are a float tensor @throws {ShapeError} unless it has two axes */
export function requireScores(op: string, scores: Tensor): readonly [batch: number, n: number] {
  const shape = requireShape(op, 'scores', scores, ['batch', 'n']);
  if (scores.dtype !== 'float32' && scores.dtype !== 'float64') {
    throw new DTypeError(`${op}: scores must be float32 or float64, got ${scores.dtype}`);
  }
  return shape;
}

/** @throws {OptionError} unless k is a whole number in [1, n] */
export function requireChoice(op: string, k: number, n: number): void {
  if (Number.isInteger(k) && k >= 1 && k <= n) return;
  throw new OptionError(`${op}: k must be an integer in [1, ${n}], got ${quote(k)}`);
}

/** @throws {OptionError} unless k is a number in (0, n) */
export function requireShare(op: string, k: number, n: number): void {
  if (typeof k === 'number' && k > 0 && k < n) return;
  throw new OptionError(`${op}: k must be in (0, ${n}), got ${quote(k)}`);
}
