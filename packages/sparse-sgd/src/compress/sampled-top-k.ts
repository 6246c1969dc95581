/** Top-k by a threshold that is estimated on a sample: Deep Gradient Compression (Lin et al., 2018, section 5), for long vectors. */
import { checkOptions, type Rng, requireCount, requireRng } from '@saccade/tensor';
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
} from './entries.js';
import type { Vector } from './message.js';
import { roundedContraction } from './round-values.js';
import { requireShare } from './share.js';
import { positionsAtLeast } from './threshold.js';
import { topK } from './top-k.js';
import { drawUniforms } from './uniforms.js';
import { vectorLike } from './vector-like.js';

/** Options of sampled top-k. */
export interface SampleOptions {
  /** Share of the entries that is looked at, in (0, 1]; at least 1,000 of them. Default: 0.01. */
  readonly sample?: number | undefined;
}

/** The entries of `count` random positions, one in each of as many equal parts of the vector. */
function sampleOf(vector: Vector, count: number, rng: Rng): Vector {
  const uniforms = drawUniforms('sampledTopK', rng, count);
  const sample = vectorLike(vector, count);
  const part = vector.length / count;
  for (let i = 0; i < count; i++) {
    // The sum may round up to the length.
    sample[i] = vector[Math.min(vector.length - 1, Math.floor((i + uniforms[i]!) * part))]!;
  }
  return sample;
}

/**
 * About k entries, all those whose magnitude reaches a threshold: the one that would keep the right share of a random sample.
 * Where more than k reach it, the k largest of these. At least one, and never one that is smaller than one left out.
 *
 * @param k a whole number from 1
 * @param rng for the sample; unused for vectors that are as short as it
 * @throws {OptionError} if an entry is NaN or infinite, or an argument cannot be
 */
export function sampledTopK(vector: Vector, k: number, rng: Rng, options: SampleOptions = {}): Entries {
  requireVector('sampledTopK', vector);
  requireCount('sampledTopK', 'k', k);
  requireRng('sampledTopK', rng);
  const { sample: share = 0.01 } = checkOptions('sampledTopK', options, ['sample']);
  const { length } = vector;
  const looked = Math.max(1000, Math.ceil(requireShare('sampledTopK', 'sample', share) * length));
  if (looked >= length || k >= length) return topK(vector, k);
  requireFinite('sampledTopK', vector);
  const kept = topK(sampleOf(vector, looked, rng), Math.max(1, Math.round((k * looked) / length))).values;
  let threshold = Number.POSITIVE_INFINITY;
  for (const value of kept) threshold = Math.min(threshold, Math.abs(value));
  // Most are zeros, and a sample says little about the others.
  if (threshold === 0) return topK(vector, k);
  const candidates = entriesAt(vector, positionsAtLeast(vector, threshold));
  if (candidates.indices.length <= k) return candidates;
  const best = topK(candidates.values, k);
  return { indices: best.indices.map((i) => candidates.indices[i]!), values: best.values };
}

/**
 * Keeps about so many of the largest entries, by an estimated threshold. Contraction 1 / d, as at least the largest is kept; in practice near k / d.
 * @throws {OptionError} for an amount or options that cannot be
 */
export function sampledTopKCompressor(amount: Amount, options: EntriesOptions & SampleOptions = {}): Compressor {
  const count = countOf('sampledTopKCompressor', amount);
  const names = ['sample', 'values', 'keepZeros'] as const;
  const { sample, ...rest } = checkOptions('sampledTopKCompressor', options, names);
  checkEntriesOptions('sampledTopKCompressor', rest);
  if (sample !== undefined) requireShare('sampledTopKCompressor', 'sample', sample);
  const words = sample === undefined ? '' : `/sample=${sample}`;
  return {
    name: `sampled:${count.text}${words}${entriesSuffix(rest)}`,
    unbiased: false,
    contraction: (length) => roundedContraction(1 / Math.max(1, length), rest.values),
    compress(vector, rng) {
      const k = Math.max(1, count.of(vector.length));
      return entriesMessage(vector.length, sampledTopK(vector, k, rng, { sample }), rest);
    },
  };
}
