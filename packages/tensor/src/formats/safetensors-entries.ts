/** What a new safetensors file is made of: tensors, arrays as files store them, and promises of either. */
import { FormatError, OptionError } from '@saccade/kernels';
import { describe } from '../arguments.js';
import { scope } from '../scope.js';
import { sameShape, show } from '../shape.js';
import { currentScope } from '../state.js';
import { isTensor, type Tensor } from '../tensor.js';
import { toBfloat16, toFloat16 } from './half.js';
import type { LayoutItem } from './safetensors-layout.js';
import {
  checkForm,
  checkStored,
  littleEndianBytes,
  type StoredArray,
  type StoredData,
  type StoredDType,
} from './stored.js';
import { checkWritable, storedDTypeOf } from './stored-dtype-of.js';

/** Tensors by name: an object or a Map. */
export type NamedTensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

/** A tensor whose values are asked for when the file has come to it, and let go of before the next. */
export interface LazyEntry {
  /** Element type in the file. */
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /**
   * Gives the values, of the promised dtype and shape. Floats (tensors of float32 and float64, stored F32 and F64) may
   * also be promised as F16, BF16, F32 or F64: they are rounded to the nearest, ties to even, and to Infinity beyond the
   * largest. Called once, in a `scope`: tensors made inside are freed when their bytes have been taken.
   */
  read(): Tensor | StoredArray | Promise<Tensor | StoredArray>;
}

/** What can be written under a name: a tensor, an array as files store it, or the promise of one. */
export type SafetensorsEntry = Tensor | StoredArray | LazyEntry;

/** Entries by name: an object or a Map. */
export type SafetensorsEntries = Readonly<Record<string, SafetensorsEntry>> | ReadonlyMap<string, SafetensorsEntry>;

/** An entry whose place in the file can be worked out. */
export interface EntryItem extends LayoutItem {
  /** How errors name it. */
  readonly what: string;
  readonly read: LazyEntry['read'];
}

type Floats = Float32Array | Float64Array;

const roundings: { readonly [dtype: string]: ((values: Floats) => StoredData) | undefined } = {
  F16: toFloat16,
  BF16: toBfloat16,
  F32: (values) => new Float32Array(values),
  F64: (values) => new Float64Array(values),
};

function entryItem(op: string, name: string, entry: SafetensorsEntry): EntryItem {
  if (typeof name !== 'string') throw new OptionError(`${op}: a name must be a string, got ${describe(name)}`);
  const what = `${op}: tensor ${JSON.stringify(name)}`;
  if (isTensor(entry)) {
    checkWritable(op, JSON.stringify(name), entry);
    return { name, what, dtype: storedDTypeOf(entry.dtype), shape: entry.shape, read: () => entry };
  }
  const { dtype, shape, data, read } = Object(entry) as Partial<StoredArray & LazyEntry>;
  if (data !== undefined) {
    checkStored(entry as StoredArray, what);
    return { name, what, dtype: dtype!, shape: [...shape!], read: () => entry as StoredArray };
  }
  if (typeof read !== 'function') {
    throw new OptionError(
      `${what}: expected a tensor, a stored array or { dtype, shape, read }, got ${describe(entry)}`,
    );
  }
  checkForm(dtype!, shape!, what);
  return { name, what, dtype: dtype!, shape: [...shape!], read: () => (entry as LazyEntry).read() };
}

/**
 * Entries as callers pass them, checked one by one.
 *
 * @param op name of the operation, for errors
 * @throws {OptionError} for what is no entry
 * @throws {FormatError} if an array does not have as many elements as its shape
 * @throws {DisposedError} if a tensor has been disposed
 */
export function entryItems(op: string, entries: SafetensorsEntries): EntryItem[] {
  if (typeof entries !== 'object' || entries === null) {
    throw new OptionError(`${op}: expected tensors by name, got ${describe(entries)}`);
  }
  const list: Iterable<[string, SafetensorsEntry]> = entries instanceof Map ? entries : Object.entries(entries);
  return Array.from(list, ([name, entry]) => entryItem(op, name, entry));
}

/** The dtype under which a file stores what `read` gave. */
function storedAs(value: unknown, what: string): StoredDType {
  if (isTensor(value)) {
    checkWritable(what, 'what read gave', value);
    return storedDTypeOf(value.dtype);
  }
  const array = value as StoredArray | null | undefined;
  if (array?.data === undefined) {
    throw new OptionError(`${what}: read must give a tensor or a stored array, got ${describe(value)}`);
  }
  checkStored(array, what);
  return array.dtype;
}

async function bytesOf(value: Tensor | StoredArray, { what, dtype, shape }: EntryItem): Promise<Uint8Array> {
  const found = storedAs(value, what);
  const round = found === 'F32' || found === 'F64' ? roundings[dtype] : undefined;
  if (!sameShape(value.shape, shape) || (found !== dtype && round === undefined)) {
    throw new FormatError(
      `${what}: expected ${dtype} ${show(shape)}, as promised, read gave ${found} ${show(value.shape)}`,
    );
  }
  const data: StoredData = isTensor(value) ? await value.data() : value.data;
  return littleEndianBytes(found === dtype || round === undefined ? data : round(data as Floats));
}

/**
 * The bytes of an entry, in the order of files. What `read` makes is freed.
 *
 * @throws {FormatError} if `read` gives another dtype or shape than promised
 * @throws {OptionError} if it gives neither a tensor nor a stored array
 */
export function entryBytes(item: EntryItem): Promise<Uint8Array> {
  return scope(async () => {
    const own = currentScope();
    const value = await item.read();
    try {
      return await bytesOf(value, item);
    } finally {
      // The scope frees it too, but in a browser not before the asynchronous ones around it end.
      if (isTensor(value) && value.scope === own) value.dispose();
    }
  });
}
