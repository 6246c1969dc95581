/** Checks of what callers pass. */
import { OptionError, quote, Rng } from '@saccade/tensor';

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

/** @throws {OptionError} unless it is a whole number from `least` to `most` */
export function requireWithin(op: string, name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new OptionError(`${op}: ${name} must be a whole number from ${least} to ${most}, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a number in (0, 1] */
export function requireShare(op: string, name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw new OptionError(`${op}: ${name} must be a number above 0 and at most 1, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is true or false */
export function requireFlag(op: string, name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new OptionError(`${op}: ${name} must be true or false, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a generator */
export function requireRng(op: string, rng: Rng): Rng {
  if (rng instanceof Rng) return rng;
  throw new OptionError(`${op}: needs a source of random numbers: pass new Rng(seed), got ${quote(rng)}`);
}
