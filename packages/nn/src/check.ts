/** Checks of what layers are made with. */
import { OptionError, quote, Rng } from '@saccade/tensor';

/** @throws {OptionError} unless it is a whole number from `least` */
export function requireCount(op: string, name: string, value: number, least = 1): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new OptionError(`${op}: ${name} must be a whole number from ${least}, got ${quote(value)}`);
  }
  return value;
}

/** @throws {OptionError} unless it is a number in [low, high] */
export function requireWithin(op: string, name: string, value: number, low: number, high: number): number {
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    throw new OptionError(`${op}: ${name} must be a number in [${low}, ${high}], got ${quote(value)}`);
  }
  return value;
}

/** @throws {OptionError} unless it is a generator */
export function requireRng(op: string, rng: Rng | undefined): Rng {
  if (!(rng instanceof Rng)) {
    throw new OptionError(`${op}: needs a source of random numbers: pass { rng: new Rng(seed) }, got ${quote(rng)}`);
  }
  return rng;
}
