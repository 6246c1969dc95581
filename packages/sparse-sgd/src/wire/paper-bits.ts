/** Bits of a step as the paper's figures count them, to compare with the bytes that really travel. */
import { checkOptions, OptionError, quote, requireCount } from '@saccade/tensor';
import { requireMessage } from '../compress/check-message.js';
import type { LevelsMessage, Message } from '../compress/message.js';
import { packedWidth } from './index-bits.js';

/** Sizes of what is counted. */
export interface PaperSizes {
  /** Length d of the vector. */
  readonly length?: number | undefined;
  /** Entries that a step sends, for 'sparse'. */
  readonly k?: number | undefined;
  /** Bits b of a level, of which there are s = 2^b, for 'qsgd'. */
  readonly bits?: number | undefined;
  /** Entries that are not 0, on average, where the data are sparse. */
  readonly nonZeros?: number | undefined;
}

/**
 * Bits of one step:
 *
 * - 'sparse': top-k and rand-k, 2 k 32: an index and a value each.
 * - 'qsgd': min((b + 1) d, 3 s (s + sqrt d) + 32, (b + 1 + 32) nonZeros), the last with sparse data only; rounded up.
 * - 'sgd': 64 d, or 64 nonZeros, as the paper draws uncompressed SGD; a dense vector needs no indices, however:
 * - 'dense': 32 d, the fair figure.
 *
 * @throws {OptionError} without the sizes that a kind needs, and for a kind that there is not
 */
export function paperBits(kind: 'sparse' | 'qsgd' | 'sgd' | 'dense', sizes: PaperSizes): number {
  checkOptions('paperBits', sizes, ['length', 'k', 'bits', 'nonZeros']);
  const size = (name: keyof PaperSizes): number => {
    const value = sizes[name];
    if (typeof value === 'number' && value >= 0) return value;
    throw new OptionError(`paperBits: '${kind}' needs ${name}, a number from 0, got ${quote(value)}`);
  };
  switch (kind) {
    case 'sparse':
      return 2 * 32 * size('k');
    case 'qsgd': {
      const b = size('bits');
      const s = 2 ** b;
      const elias = 3 * s * (s + Math.sqrt(size('length'))) + 32;
      const sparse = sizes.nonZeros === undefined ? Number.POSITIVE_INFINITY : (b + 1 + 32) * size('nonZeros');
      return Math.ceil(Math.min((b + 1) * size('length'), elias, sparse));
    }
    case 'sgd':
      return 64 * size(sizes.nonZeros === undefined ? 'length' : 'nonZeros');
    case 'dense':
      return 32 * size('length');
    default:
      throw new OptionError(`paperBits: kind must be one of sparse, qsgd, sgd, dense, got ${quote(kind)}`);
  }
}

/**
 * The same for a message, as far as the paper has a figure: sparse and levels as above, bucket by bucket; values alone 32 each, so that a
 * dense one has the fair figure; signs 1 bit each and 32 a value; powers of two 9 bits.
 *
 * Of a single level, as TernGrad has, the formula would count one bit an entry, which cannot tell -1, 0 and 1 apart. For s = 1 a bucket of
 * d entries takes 32 + min(2 d, nonZeros (ceil(log2 d) + 1)): its norm, and two bits for each entry or a position and a sign for each that is not 0.
 * @throws {OptionError} for a message of a kind that there is not
 */
export function messageBits(message: Message): number {
  requireMessage('messageBits', message);
  switch (message.kind) {
    case 'sparse':
      return paperBits('sparse', { k: message.indices.length });
    case 'levels':
      return message.s === 1 ? ternaryBits(message) : levelBits(message);
    case 'signs':
      return message.length + 32 * (message.negative === -message.positive ? 1 : 2);
    case 'powers':
      return 9 * message.length;
    default:
      return 32 * message.values.length;
  }
}

function levelBits({ length, s, bucket }: LevelsMessage): number {
  const bits = Math.log2(s);
  const last = length % bucket;
  const whole = Math.floor(length / bucket) * paperBits('qsgd', { length: bucket, bits });
  return whole + (last === 0 ? 0 : paperBits('qsgd', { length: last, bits }));
}

function ternaryBits({ length, bucket, levels }: LevelsMessage): number {
  requireCount('messageBits', 'bucket', bucket);
  let bits = 0;
  for (let begin = 0; begin < length; begin += bucket) {
    const end = Math.min(length, begin + bucket);
    let nonZeros = 0;
    for (let i = begin; i < end; i++) if (levels[i] !== 0) nonZeros++;
    bits += 32 + Math.min(2 * (end - begin), nonZeros * (packedWidth(end - begin) + 1));
  }
  return bits;
}
