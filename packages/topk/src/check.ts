/** Checks of what callers pass to operators, patches and networks. */
import { OptionError, quote, Rng, ShapeError, show, type Tensor } from '@saccade/tensor';

/** @throws {OptionError} unless it is a whole number from `least` */
export function requireCount(op: string, name: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError(`${op}: ${name} must be a whole number from ${least}, got ${quote(value)}`);
}

/** @throws {OptionError} unless they are whole numbers from 1, at least `least` of them */
export function requireCounts(op: string, name: string, values: readonly number[], least = 1): readonly number[] {
  const list = Array.isArray(values) && values.length >= least;
  if (list && values.every((value) => Number.isSafeInteger(value) && value >= 1)) return values;
  throw new OptionError(`${op}: ${name} must be at least ${least} whole numbers from 1, got ${quote(values)}`);
}

/** @throws {OptionError} unless it is a number from 0 */
export function requireNonNegative(op: string, name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new OptionError(`${op}: ${name} must be a number from 0, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a number in [0, 1] */
export function requireProbability(op: string, name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new OptionError(`${op}: ${name} must be a number in [0, 1], got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a whole number from 1 that divides the channels */
export function requireHeads(op: string, heads: number, channels: number): number {
  if (Number.isSafeInteger(heads) && heads >= 1 && channels % heads === 0) return heads;
  throw new OptionError(`${op}: heads must divide ${channels} channels, got ${quote(heads)}`);
}

/** @throws {OptionError} unless it is one of those that are allowed */
export function requireOneOf(op: string, name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new OptionError(`${op}: ${name} must be one of ${allowed.join(', ')}, got ${quote(value)}`);
}

/** @throws {OptionError} unless it is a generator */
export function requireRng(op: string, rng: Rng | undefined): Rng {
  if (rng instanceof Rng) return rng;
  throw new OptionError(`${op}: needs a source of random numbers: pass { rng: new Rng(seed) }, got ${quote(rng)}`);
}

/** @throws {ShapeError} unless x is [batch, height, width, channels] */
export function requireImages(op: string, x: Tensor, channels: number): void {
  if (x.rank === 4 && x.shape[3] === channels) return;
  throw new ShapeError(`${op}: expected [batch, height, width, ${channels}], got ${show(x.shape)}`);
}
