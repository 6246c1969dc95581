/** Vectors and measures for the tests of compressors. */
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { messageVector } from '../src/compress/apply-message.js';
import type { Message, Vector } from '../src/compress/message.js';

/** One-shot operators, on the vector `x`. */
export const extensions: Golden<{
  k: number;
  ultra: { p: number; uniform: number; index: number };
}> = new Golden(new URL('golden/extensions', import.meta.url));

/** A precision, and how close it must come to the recorded numbers. */
export interface Precision {
  readonly name: string;
  readonly of: (values: ArrayLike<number>) => Vector;
  readonly tolerance: { rtol: number; atol: number };
}

/** Both precisions. */
export const precisions: readonly Precision[] = [
  { name: 'float64', of: (values) => Float64Array.from(values), tolerance: { rtol: 1e-10, atol: 1e-10 } },
  { name: 'float32', of: (values) => Float32Array.from(values), tolerance: { rtol: 1e-6, atol: 1e-6 } },
];

/** The vector that entries stand for. */
export function spread({ indices, values }: { indices: Int32Array; values: Vector }, length: number): Vector {
  return messageVector({ kind: 'sparse', length, indices, values });
}

export function squaredNorm(vector: Vector): number {
  let sum = 0;
  for (const value of vector) sum += value ** 2;
  return sum;
}

/** |x - C(x)|^2. */
export function squaredError(vector: Vector, message: Message): number {
  const sent = messageVector(message);
  return squaredNorm(Float64Array.from(vector, (value, i) => value - sent[i]!));
}

/**
 * Means over all uniforms, where each entry of the result depends on its own uniform alone: over a fine grid of equal uniforms for all
 * entries. `error` is the mean of |x - C(x)|^2, `mean` that of C(x); both exact to about 1 / grid.
 */
export function meanOverUniforms(
  vector: Vector,
  compress: (uniforms: Float64Array) => Message,
  grid = 4096,
): { error: number; mean: Float64Array } {
  const mean = new Float64Array(vector.length);
  let error = 0;
  for (let j = 0; j < grid; j++) {
    const message = compress(new Float64Array(vector.length).fill((j + 0.5) / grid));
    error += squaredError(vector, message) / grid;
    const sent = messageVector(message);
    for (let i = 0; i < mean.length; i++) mean[i]! += sent[i]! / grid;
  }
  return { error, mean };
}

/** Vectors with ties, zeros, both zeros' signs and magnitudes far apart. */
export function anyVector(options: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<Vector> {
  const { minLength = 1, maxLength = 40 } = options;
  const entry = fc.oneof(
    fc.constantFrom(0, -0, 1, -1, 2, -2, 0.5),
    fc.float({ noNaN: true, min: -100, max: 100 }),
    fc.float({ noNaN: true, min: Math.fround(-1e-3), max: Math.fround(1e-3) }),
  );
  const entries = fc.array(entry, { minLength, maxLength });
  return fc.tuple(entries, fc.boolean()).map(([values, double]) => (double ? Float64Array : Float32Array).from(values));
}

/** What is largest, the slow and obvious way. */
export function largestBySort(vector: Vector, k: number): Int32Array {
  const order = Array.from(vector, (_, i) => i);
  order.sort((a, b) => Math.abs(vector[b]!) - Math.abs(vector[a]!) || a - b);
  return Int32Array.from(order.slice(0, k)).sort();
}
