/** A share of a vector, as ratios and probabilities are given. */
import { OptionError, quote } from '@saccade/tensor';

/** @throws {OptionError} unless it is a number in (0, 1] */
export function requireShare(op: string, name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw new OptionError(`${op}: ${name} must be a number above 0 and at most 1, got ${quote(value)}`);
}
