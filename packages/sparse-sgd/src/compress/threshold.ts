/** Threshold: all entries that are large enough (Strom, 2015), and at least the largest. */
import { requireAbove } from '@saccade/tensor';
import { requireFinite, requireVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import {
  checkEntriesOptions,
  type Entries,
  type EntriesOptions,
  entriesAt,
  entriesMessage,
  entriesSuffix,
} from './entries.js';
import type { Vector } from './message.js';
import { roundedContraction } from './round-values.js';

/** The positions, ascending, of entries of at least this magnitude. */
export function positionsAtLeast(vector: Vector, magnitude: number): Int32Array {
  let count = 0;
  for (let i = 0; i < vector.length; i++) if (Math.abs(vector[i]!) >= magnitude) count++;
  const indices = new Int32Array(count);
  for (let i = 0, next = 0; next < count; i++) if (Math.abs(vector[i]!) >= magnitude) indices[next++] = i;
  return indices;
}

/**
 * The entries of at least this magnitude; where no entry reaches it, those of the largest magnitude, so that something is
 * sent. Nothing of a vector of zeros.
 *
 * @param magnitude above 0
 * @throws {OptionError} if an entry is NaN or infinite, or the magnitude is not above 0
 */
export function threshold(vector: Vector, magnitude: number): Entries {
  requireVector('threshold', vector);
  requireAbove('threshold', 'magnitude', magnitude);
  requireFinite('threshold', vector);
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]!));
  if (largest === 0) return entriesAt(vector, new Int32Array(0));
  return entriesAt(vector, positionsAtLeast(vector, Math.min(magnitude, largest)));
}

/**
 * Keeps the entries of at least this magnitude, or the largest. Contraction 1 / d, as the largest is always kept.
 * @throws {OptionError} for a magnitude or options that cannot be
 */
export function thresholdCompressor(magnitude: number, options: EntriesOptions = {}): Compressor {
  requireAbove('thresholdCompressor', 'magnitude', magnitude);
  checkEntriesOptions('thresholdCompressor', options);
  return {
    name: `threshold:${magnitude}${entriesSuffix(options)}`,
    unbiased: false,
    contraction: (length) => roundedContraction(1 / Math.max(1, length), options.values),
    compress: (vector) => entriesMessage(vector.length, threshold(vector, magnitude), options),
  };
}
