/** Checks of numbers, names and generators that callers pass. Each gives back what it checked. */
import { OptionError } from '@saccade/kernels';
import { quote } from './arguments.js';
import { Rng } from './rng.js';

function refuse(op: string, name: string, wanted: string, value: unknown): never {
  throw new OptionError(`${op}: ${name} must be ${wanted}, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a whole number from `least`, by default 1, to `most` */
export function requireCount(op: string, name: string, value: number, least = 1, most?: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return value;
  return refuse(
    op,
    name,
    most === undefined ? `a whole number from ${least}` : `a whole number in [${least}, ${most}]`,
    value,
  );
}

/** @throws {OptionError} unless they are whole numbers from 1, at least `least` of them */
export function requireCounts(op: string, name: string, values: readonly number[], least = 1): readonly number[] {
  const list = Array.isArray(values) && values.length >= least;
  if (list && values.every((value) => Number.isSafeInteger(value) && value >= 1)) return values;
  return refuse(op, name, `at least ${least} whole numbers from 1`, values);
}

/** @throws {OptionError} unless it is a finite number above `low`, by default 0 */
export function requireAbove(op: string, name: string, value: number, low = 0): number {
  if (Number.isFinite(value) && value > low) return value;
  return refuse(op, name, `a number above ${low}`, value);
}

/** @throws {OptionError} unless it is a finite number from `low`, by default 0 */
export function requireFrom(op: string, name: string, value: number, low = 0): number {
  if (Number.isFinite(value) && value >= low) return value;
  return refuse(op, name, `a number from ${low}`, value);
}

/** @throws {OptionError} unless it is a number in [low, high] */
export function requireWithin(op: string, name: string, value: number, low: number, high: number): number {
  if (typeof value === 'number' && value >= low && value <= high) return value;
  return refuse(op, name, `a number in [${low}, ${high}]`, value);
}

/** @throws {OptionError} unless `parts` is a whole number from 1 that divides all of `counts` */
export function requireDivides(op: string, name: string, parts: number, ...counts: number[]): number {
  if (Number.isSafeInteger(parts) && parts >= 1 && counts.every((count) => count % parts === 0)) return parts;
  throw new OptionError(`${op}: ${name} must divide ${counts.join(' and ')} channels, got ${quote(parts)}`);
}

/** @throws {OptionError} unless it is one of those that are allowed */
export function requireOneOf<T>(op: string, name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  return refuse(op, name, `one of ${allowed.join(', ')}`, value);
}

/** @throws {OptionError} unless it is true or false */
export function requireFlag(op: string, name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  return refuse(op, name, 'true or false', value);
}

/** @throws {OptionError} unless it is a generator */
export function requireRng(op: string, rng: Rng | undefined): Rng {
  if (rng instanceof Rng) return rng;
  throw new OptionError(`${op}: needs a source of random numbers such as new Rng(seed), got ${quote(rng)}`);
}
