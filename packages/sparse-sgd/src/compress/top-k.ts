/** Top-k: the k entries of largest magnitude (paper, equation 4). */
import { isTensor, requireCount, type Tensor } from '@saccade/tensor';
import { type Amount, countOf } from './amount.js';
import { requireFinite, requireVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import {
  checkEntriesOptions,
  type Entries,
  type EntriesOptions,
  entriesAt,
  entriesMessage,
  entriesSuffix,
  everyIndex,
} from './entries.js';
import type { Vector } from './message.js';
import { topKOfTensor, topKOnDevice, worthMoving } from './on-device.js';
import { roundedContraction } from './round-values.js';
import { topKPlain } from './top-k-plain.js';

/**
 * The k entries of largest magnitude; of equal ones those with the lowest positions. Exact: subnormal numbers count as what
 * they are, -0 as 0, so that a vector of zeros gives its first k. Long float32 vectors are searched with SIMD and threads.
 *
 * @param vector on the host, or a float32 tensor of one axis whose device's memory the CPU sees
 * @param k a whole number from 1; all entries where the vector is shorter
 * @throws {OptionError} if an entry is NaN or infinite, or k is none of these
 */
export function topK(vector: Vector | Tensor, k: number): Entries {
  requireCount('topK', 'k', k);
  if (isTensor(vector)) return topKOfTensor(vector, k);
  requireVector('topK', vector);
  if (k < vector.length && vector.length >= worthMoving && vector instanceof Float32Array) {
    return topKOnDevice(vector, k);
  }
  if (k < vector.length) return entriesAt(vector, topKPlain(vector, k));
  requireFinite('topK', vector);
  return entriesAt(vector, everyIndex(vector.length));
}

/**
 * Keeps the k entries of largest magnitude. Contraction k / d, with float16 and bfloat16 values for entries in their normal range.
 * @throws {OptionError} for an amount or option that cannot be
 */
export function topKCompressor(amount: Amount, options: EntriesOptions = {}): Compressor {
  const count = countOf('topKCompressor', amount);
  checkEntriesOptions('topKCompressor', options);
  return {
    name: `top-k:${count.text}${entriesSuffix(options)}`,
    unbiased: false,
    contraction: (length) => (length === 0 ? 1 : roundedContraction(count.of(length) / length, options.values)),
    // The amount is at least 1 but for vectors without entries.
    compress: (vector) => entriesMessage(vector.length, topK(vector, Math.max(1, count.of(vector.length))), options),
  };
}
