/** Rand-k: the entries of a random subset of k positions (paper, equation 4), with positions of the worker's own or the same for all. */
import { checkOptions, type Rng, requireCount, requireFlag, requireRng } from '@saccade/tensor';
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
import type { ValueType, Vector } from './message.js';
import { randomPositions, seededIndices } from './random-positions.js';
import { requireValueType, roundedContraction, roundValues } from './round-values.js';

/** What is done about entries that are not sent. */
export interface ScaleOptions {
  /** Whether those sent are multiplied by d / k, so that the mean is right; for use without memory. Default: false. */
  readonly unbiased?: boolean | undefined;
}

/**
 * The entries at k random positions, all subsets alike.
 *
 * @param k a whole number from 1; all entries where the vector is shorter
 * @throws {OptionError} if an entry is NaN or infinite, or an argument cannot be
 */
export function randK(vector: Vector, k: number, rng: Rng, options: ScaleOptions = {}): Entries {
  requireVector('randK', vector);
  requireCount('randK', 'k', k);
  requireRng('randK', rng);
  const { unbiased = false } = checkOptions('randK', options, ['unbiased']);
  requireFlag('randK', 'unbiased', unbiased);
  requireFinite('randK', vector);
  const { length } = vector;
  if (k >= length) return entriesAt(vector, everyIndex(length));
  return entriesAt(vector, randomPositions('randK', length, k, rng), unbiased ? length / k : 1);
}

/**
 * Keeps the entries of a random subset. Contraction k / d in the mean, with float16 and bfloat16 values for entries in their
 * normal range; none with `unbiased`.
 * @throws {OptionError} for an amount or options that cannot be
 */
export function randKCompressor(amount: Amount, options: EntriesOptions & ScaleOptions = {}): Compressor {
  const count = countOf('randKCompressor', amount);
  const names = ['unbiased', 'values', 'keepZeros'] as const;
  const { unbiased = false, ...rest } = checkOptions('randKCompressor', options, names);
  requireFlag('randKCompressor', 'unbiased', unbiased);
  checkEntriesOptions('randKCompressor', rest);
  return {
    name: `rand-k:${count.text}${unbiased ? '/unbiased' : ''}${entriesSuffix(rest)}`,
    unbiased,
    contraction: (length) => shareKept(count.of(length), length, unbiased, rest.values),
    compress(vector, rng) {
      const k = Math.max(1, count.of(vector.length));
      return entriesMessage(vector.length, randK(vector, k, rng, { unbiased }), rest);
    },
  };
}

function shareKept(k: number, length: number, unbiased: boolean, values: ValueType | undefined): number | undefined {
  return unbiased ? undefined : roundedContraction(length === 0 ? 1 : k / length, values);
}

/** Options of rand-k with positions that all workers know. */
export interface SharedRandKOptions extends ScaleOptions {
  /** The seed of all workers, a whole number below 2^53. Default: 0. */
  readonly seed?: number | undefined;
  /** The precision of values on the wire. Default: the vector's own. */
  readonly values?: ValueType | undefined;
}

/**
 * Keeps the entries of a random subset that all workers draw alike from (seed, step, stream): only values travel, and sums of messages
 * are as short. Contraction as of rand-k, in the mean over seeds.
 * @throws {OptionError} for an amount or options that cannot be
 */
export function sharedRandKCompressor(amount: Amount, options: SharedRandKOptions = {}): Compressor {
  const op = 'sharedRandKCompressor';
  const count = countOf(op, amount);
  const { seed = 0, unbiased = false, values } = checkOptions(op, options, ['seed', 'unbiased', 'values']);
  requireCount(op, 'seed', seed, 0);
  requireFlag(op, 'unbiased', unbiased);
  requireValueType(op, values);
  const words = `${seed === 0 ? '' : `/seed=${seed}`}${unbiased ? '/unbiased' : ''}`;
  return {
    name: `shared-rand-k:${count.text}${words}${entriesSuffix({ values })}`,
    unbiased,
    contraction: (length) => shareKept(count.of(length), length, unbiased, values),
    compress(vector, _rng, { step, stream }) {
      requireVector(op, vector);
      requireFinite(op, vector);
      const { length } = vector;
      const k = count.of(length);
      const entries = entriesAt(vector, seededIndices(length, k, seed, step, stream), unbiased ? length / k : 1);
      return {
        kind: 'seeded',
        length,
        seed,
        step,
        stream,
        values: roundValues(entries.values, values),
        valueType: values,
      };
    },
  };
}
