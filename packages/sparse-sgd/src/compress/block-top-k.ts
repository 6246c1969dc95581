/** Block top-k: the k largest entries of each run of so many. Cheap to choose, and no part of the vector waits for long. */
import { checkOptions, requireCount } from '@saccade/tensor';
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
import { roundedContraction } from './round-values.js';
import { topKPlain } from './top-k-plain.js';

/** The blocks, and what is kept of each. */
export interface Blocks {
  /** Entries a block; the last one may be shorter. A whole number from 1. */
  readonly block: number;
  /** Entries that are kept of each. Default: 1. */
  readonly k?: number | undefined;
}

function checkBlocks(op: string, blocks: Blocks): Required<{ [key in keyof Blocks]: number }> {
  const { block, k = 1 } = checkOptions(op, blocks, ['block', 'k']);
  return { block: requireCount(op, 'block', block), k: requireCount(op, 'k', k) };
}

/**
 * The k entries of largest magnitude of each block; of equal ones those with the lowest positions.
 * @throws {OptionError} if an entry is NaN or infinite, or the blocks cannot be
 */
export function blockTopK(vector: Vector, blocks: Blocks): Entries {
  requireVector('blockTopK', vector);
  const { block, k } = checkBlocks('blockTopK', blocks);
  requireFinite('blockTopK', vector);
  return entriesAt(vector, k === 1 ? largestOfBlocks(vector, block) : largestOfEach(vector, block, k));
}

function largestOfBlocks(vector: Vector, block: number): Int32Array {
  const indices = new Int32Array(Math.ceil(vector.length / block));
  for (let b = 0; b < indices.length; b++) {
    const end = Math.min(vector.length, (b + 1) * block);
    let best = b * block;
    for (let i = best + 1; i < end; i++) if (Math.abs(vector[i]!) > Math.abs(vector[best]!)) best = i;
    indices[b] = best;
  }
  return indices;
}

function largestOfEach(vector: Vector, block: number, k: number): Int32Array {
  const { length } = vector;
  const indices = new Int32Array(Math.floor(length / block) * Math.min(k, block) + Math.min(k, length % block));
  let count = 0;
  for (let begin = 0; begin < length; begin += block) {
    const part = vector.subarray(begin, begin + block);
    const chosen = k < part.length ? topKPlain(part, k) : everyIndex(part.length);
    for (const index of chosen) indices[count++] = begin + index;
  }
  return indices;
}

/**
 * Keeps the k largest entries of each block. Contraction k / block, with float16 and bfloat16 values for entries in their normal range.
 * @throws {OptionError} for blocks or options that cannot be
 */
export function blockTopKCompressor(blocks: Blocks, options: EntriesOptions = {}): Compressor {
  const { block, k } = checkBlocks('blockTopKCompressor', blocks);
  checkEntriesOptions('blockTopKCompressor', options);
  return {
    name: `block:${block}${k === 1 ? '' : `/${k}`}${entriesSuffix(options)}`,
    unbiased: false,
    contraction: (length) => roundedContraction(Math.min(1, k / Math.min(block, Math.max(1, length))), options.values),
    compress: (vector) => entriesMessage(vector.length, blockTopK(vector, { block, k }), options),
  };
}
