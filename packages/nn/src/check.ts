/** Checks of what layers are made with. */
import { DTypeError, isTensor, OptionError, quote, Rng } from '@saccade/tensor';
import type { AnyModule } from './module.js';

/** @throws {DTypeError} unless every value is a tensor */
export function requireTensors(op: string, given: Readonly<Record<string, unknown>>): void {
  for (const name in given) {
    if (!isTensor(given[name])) throw new DTypeError(`${op}: ${name} must be a tensor, got ${quote(given[name])}`);
  }
}

/** @throws {OptionError} unless it is a module */
export function requireModule(op: string, module: unknown): void {
  if (typeof (module as Partial<AnyModule> | undefined)?.modules === 'function') return;
  throw new OptionError(`${op}: expected a module, got ${quote(module)}`);
}

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

/** @throws {OptionError} unless it is a number above 0 */
export function requirePositive(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity)) {
    throw new OptionError(`${op}: ${name} must be a number above 0, got ${quote(value)}`);
  }
  return value;
}

/** @throws {OptionError} unless it is a number from 0 */
export function requireNonNegative(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw new OptionError(`${op}: ${name} must be a number from 0, got ${quote(value)}`);
  }
  return value;
}

/** @throws {OptionError} unless `parts` divides all of `counts` */
export function requireDivides(op: string, name: string, parts: number, ...counts: number[]): number {
  if (!Number.isSafeInteger(parts) || parts < 1 || counts.some((count) => count % parts !== 0)) {
    throw new OptionError(`${op}: ${name} must divide ${counts.join(' and ')} channels, got ${quote(parts)}`);
  }
  return parts;
}

/** @throws {OptionError} unless it is a generator */
export function requireRng(op: string, rng: Rng | undefined): Rng {
  if (!(rng instanceof Rng)) {
    throw new OptionError(`${op}: needs a source of random numbers: pass { rng: new Rng(seed) }, got ${quote(rng)}`);
  }
  return rng;
}
