/** The k largest entries of a long vector, exactly: a histogram of the upper bits of all magnitudes, then of the lower bits of a few. */
import { requireFinite } from './check-vector.js';
import type { Vector } from './message.js';

/** Bits of a magnitude order as the magnitudes do. A float64 is known by its upper word, the same way with other fields. */
interface Words {
  /** Signed words; the bits that matter of entry i are in word `step * i + offset`. */
  readonly words: Int32Array;
  readonly step: number;
  readonly offset: number;
  /** The least bin that holds infinities and NaN. */
  readonly infinite: number;
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

function wordsOf(vector: Vector): Words {
  const double = vector instanceof Float64Array;
  const words = new Int32Array(vector.buffer, vector.byteOffset, vector.length * (double ? 2 : 1));
  if (double) return { words, step: 2, offset: littleEndian ? 1 : 0, infinite: 0x7ff0 };
  return { words, step: 1, offset: 0, infinite: 0x7f80 };
}

/** The bin that holds the one of rank `k`, counted from the top, and how many are in the bins above it. */
function binOfRank(histogram: Int32Array, k: number): { bin: number; above: number } {
  let above = 0;
  let bin = histogram.length - 1;
  for (; above + histogram[bin]! < k; bin--) above += histogram[bin]!;
  return { bin, above };
}

/** The least magnitude that is kept, and how many of that magnitude are. */
interface Threshold {
  readonly threshold: number;
  readonly ties: number;
}

function singleThreshold(vector: Float32Array, candidates: Int32Array, bin: number, rank: number): Threshold {
  const words = new Int32Array(vector.buffer, vector.byteOffset, vector.length);
  const histogram = new Int32Array(0x10000);
  for (let j = 0; j < candidates.length; j++) {
    const word = words[candidates[j]!]!;
    if (((word >>> 16) & 0x7fff) === bin) histogram[word & 0xffff]!++;
  }
  const { bin: low, above } = binOfRank(histogram, rank);
  const threshold = new Float32Array(Int32Array.of((bin << 16) | low).buffer)[0]!;
  return { threshold, ties: rank - above };
}

function sortedThreshold(vector: Vector, candidates: Int32Array, above: number, rank: number): Threshold {
  // Those above the bin are larger than all in it.
  const sorted = new Float64Array(candidates.length);
  for (let j = 0; j < candidates.length; j++) sorted[j] = Math.abs(vector[candidates[j]!]!);
  sorted.sort();
  const place = sorted.length - above - rank;
  const threshold = sorted[place]!;
  let ties = 1;
  while (ties < rank && sorted[place + ties] === threshold) ties++;
  return { threshold, ties };
}

/**
 * The positions of the k entries of largest magnitude, ascending; of equal ones those with the lowest positions.
 * Reads the vector twice.
 * @param k from 1, at most the length
 * @throws {OptionError} if an entry is NaN or infinite
 */
export function largestByHistogram(op: string, vector: Vector, k: number): Int32Array {
  const { words, step, offset, infinite } = wordsOf(vector);
  const histogram = new Int32Array(0x8000);
  for (let at = offset; at < words.length; at += step) histogram[(words[at]! >>> 16) & 0x7fff]!++;
  for (let bin = infinite; bin < 0x8000; bin++) if (histogram[bin] !== 0) requireFinite(op, vector);

  const { bin, above } = binOfRank(histogram, k);
  const candidates = new Int32Array(above + histogram[bin]!);
  let count = 0;
  // A word without its sign is at least this if its bin is `bin` or above.
  const least = bin << 16;
  for (let i = 0, at = offset; i < vector.length; i++, at += step) {
    if ((words[at]! & 0x7fffffff) >= least) candidates[count++] = i;
  }
  return count === k ? candidates : thinned(vector, candidates, bin, above, k);
}

/** The k largest of the candidates. */
function thinned(vector: Vector, candidates: Int32Array, bin: number, above: number, k: number): Int32Array {
  const rank = k - above;
  // A float64 has too many lower bits for a histogram, and for few candidates it would be mostly empty.
  const found =
    vector instanceof Float32Array && candidates.length > 4096
      ? singleThreshold(vector, candidates, bin, rank)
      : sortedThreshold(vector, candidates, above, rank);
  let { ties } = found;
  const indices = new Int32Array(k);
  let count = 0;
  for (let j = 0; count < k; j++) {
    const index = candidates[j]!;
    const magnitude = Math.abs(vector[index]!);
    if (magnitude > found.threshold || (magnitude === found.threshold && ties-- > 0)) indices[count++] = index;
  }
  return indices;
}
