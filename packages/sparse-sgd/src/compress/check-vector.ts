/** Checks of vectors, and of positions in them. */
import { OptionError, quote } from '@saccade/tensor';
import { firstNonFinite } from './first-non-finite.js';
import type { Vector } from './message.js';

/** Whether it is a Float32Array or Float64Array. */
export function isVector(value: unknown): value is Vector {
  return value instanceof Float32Array || value instanceof Float64Array;
}

/** @throws {OptionError} unless it is a Float32Array or Float64Array */
export function requireVector(op: string, vector: Vector): Vector {
  if (isVector(vector)) return vector;
  throw new OptionError(`${op}: expected a Float32Array or Float64Array, got ${quote(vector)}`);
}

/** @throws {OptionError} if an entry is NaN or infinite */
export function requireFinite(op: string, vector: Vector): void {
  const at = firstNonFinite(vector);
  if (at >= 0) throw new OptionError(`${op}: entries must be finite, got ${vector[at]} at ${at}`);
}

/** @throws {OptionError} unless it is a vector of finite numbers */
export function requireFiniteVector(op: string, vector: Vector): void {
  requireFinite(op, requireVector(op, vector));
}

/** @throws {OptionError} unless it is an Int32Array */
export function requireIndices(op: string, indices: Int32Array): Int32Array {
  if (indices instanceof Int32Array) return indices;
  throw new OptionError(`${op}: indices must be an Int32Array, got ${quote(indices)}`);
}
