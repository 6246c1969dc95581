/** Checks of what callers pass. */
import { OptionError, quote } from '@saccade/tensor';

/** @throws {OptionError} unless it is a whole number from `least` */
export function requireCount(op: string, name: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError(`${op}: ${name} must be a whole number from ${least}, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a finite number above `low` */
export function requireAbove(op: string, name: string, value: number, low = 0): number {
  if (Number.isFinite(value) && value > low) return value;
  throw new OptionError(`${op}: ${name} must be a number above ${low}, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a finite number from `low` */
export function requireFrom(op: string, name: string, value: number, low = 0): number {
  if (Number.isFinite(value) && value >= low) return value;
  throw new OptionError(`${op}: ${name} must be a number from ${low}, got ${quote(value)}`);
}
