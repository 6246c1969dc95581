/** Ultra-sparsification: one random entry, now and then (paper, Definition 2.1: fewer than one entry a step). */
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
import { drawUniforms, type Randomness } from './uniforms.js';

/**
 * With probability p the entry of one random position, else nothing. Takes three uniforms: the first, below p, says that there is one;
 * the others, u and v, say which: floor((u + v / 2^24) d).
 *
 * @param p in (0, 1]
 * @throws {OptionError} if an entry is NaN or infinite, or an argument cannot be
 */
export function ultraSparse(vector: Vector, p: number, randomness: Randomness): Entries {
  requireVector('ultraSparse', vector);
  requireShare('ultraSparse', 'p', p);
  requireFinite('ultraSparse', vector);
  const { length } = vector;
  const [chance, u, v] = drawUniforms('ultraSparse', randomness, 3) as unknown as readonly [number, number, number];
  const sent = chance < p && length > 0;
  return entriesAt(
    vector,
    sent ? Int32Array.of(Math.min(length - 1, Math.floor((u + v * 2 ** -24) * length))) : new Int32Array(0),
  );
}

/**
 * Keeps one random entry with probability p. Contraction p / d in the mean.
 * @throws {OptionError} for a probability or options that cannot be
 */
export function ultraSparseCompressor(p: number, options: EntriesOptions = {}): Compressor {
  requireShare('ultraSparseCompressor', 'p', p);
  checkEntriesOptions('ultraSparseCompressor', options);
  return {
    name: `ultra:${p}${entriesSuffix(options)}`,
    unbiased: false,
    contraction: (length) => roundedContraction(p / Math.max(1, length), options.values),
    compress: (vector, rng) => entriesMessage(vector.length, ultraSparse(vector, p, rng), options),
  };
}
