/** Checks of what compressors and their operators are given. */
import { OptionError, quote, Rng } from '@saccade/tensor';
import type { Vector } from './message.js';

/** @throws {OptionError} unless it is a Float32Array or Float64Array */
export function requireVector(op: string, vector: Vector): Vector {
  if (vector instanceof Float32Array || vector instanceof Float64Array) return vector;
  throw new OptionError(`${op}: expected a Float32Array or Float64Array, got ${quote(vector)}`);
}

/** @throws {OptionError} if an entry is NaN or infinite */
export function requireFinite(op: string, vector: Vector): void {
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!;
    // Only a finite number minus itself is 0.
    if (value - value !== 0) throw new OptionError(`${op}: entries must be finite, got ${value} at ${i}`);
  }
}

/** @throws {OptionError} unless it is a vector of finite numbers */
export function requireFiniteVector(op: string, vector: Vector): void {
  requireFinite(op, requireVector(op, vector));
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

/** @throws {OptionError} unless it is a generator */
export function requireRng(op: string, rng: Rng): Rng {
  if (rng instanceof Rng) return rng;
  throw new OptionError(`${op}: needs a source of random numbers: pass new Rng(seed), got ${quote(rng)}`);
}
