/** Chosen entries of a vector, and the message that they become. */
import { checkOptions, OptionError, requireFlag } from '@saccade/tensor';
import { requireIndices, requireVector } from './check-vector.js';
import type { DenseMessage, SparseMessage, ValueType, Vector } from './message.js';
import { requireValueType, roundValues } from './round-values.js';
import { vectorLike } from './vector-like.js';

/** Some entries of a vector. */
export interface Entries {
  /** Positions, ascending, each once. */
  readonly indices: Int32Array;
  /** The value at each position, in the precision of the vector; never -0. */
  readonly values: Vector;
}

/**
 * The entries of a vector at given positions, such as those that a recorded run drew. Values may be multiplied by `scale`.
 * @throws {OptionError} unless the positions are an Int32Array, ascend and are below the length, and for anything but a vector
 */
export function entriesAt(vector: Vector, indices: Int32Array, scale = 1): Entries {
  requireVector('entriesAt', vector);
  requireIndices('entriesAt', indices);
  const values = vectorLike(vector, indices.length);
  let before = -1;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!(index > before && index < vector.length)) {
      throw new OptionError(`entriesAt: indices must ascend and be below ${vector.length}, got ${index} at ${i}`);
    }
    // Adding 0 turns -0 into 0.
    values[i] = vector[index]! * scale + 0;
    before = index;
  }
  return { indices, values };
}

/** How the entries that a compressor keeps travel. */
export interface EntriesOptions {
  /** The precision of values on the wire. Default: the vector's own. */
  readonly values?: ValueType | undefined;
  /** Whether zeros among the chosen entries are sent, as the paper's k entries, always k. Default: false. */
  readonly keepZeros?: boolean | undefined;
}

/** @throws {OptionError} unless they are options of entries */
export function checkEntriesOptions(op: string, options: EntriesOptions): void {
  const { values, keepZeros } = checkOptions(op, options, ['values', 'keepZeros']);
  requireValueType(op, values);
  if (keepZeros !== undefined) requireFlag(op, 'keepZeros', keepZeros);
}

/** What these options add to a compressor's name. */
export function entriesSuffix({ values, keepZeros }: EntriesOptions): string {
  return `${keepZeros ? '/keep-zeros' : ''}${values === undefined ? '' : `@${values}`}`;
}

/** Every position below `length`. */
export function everyIndex(length: number): Int32Array {
  const indices = new Int32Array(length);
  for (let i = 0; i < length; i++) indices[i] = i;
  return indices;
}

/** The message that says these entries; a dense one where they are all. */
export function entriesMessage(
  length: number,
  { indices, values }: Entries,
  { values: valueType, keepZeros = false }: EntriesOptions,
): SparseMessage | DenseMessage {
  const rounded = roundValues(values, valueType);
  if (indices.length === length) return { kind: 'dense', length, values: rounded, valueType };
  const entries = keepZeros ? { indices, values: rounded } : withoutZeros(indices, rounded);
  return { kind: 'sparse', length, ...entries, valueType };
}

function withoutZeros(indices: Int32Array, values: Vector): Entries {
  if (!values.includes(0)) return { indices, values };
  const kept = indices.filter((_, i) => values[i] !== 0);
  return { indices: kept, values: values.filter((value) => value !== 0) };
}
