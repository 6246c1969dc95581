/** Tensors of ONNX files: their shapes are checked against their bytes before values are made of them. */
import { FormatError, littleEndianBytes, quote, type StoredArray, type StoredDType } from '@saccade/tensor';
import {
  bytesField,
  bytesOf,
  eachField,
  integerField,
  integerFields,
  integerOf,
  type Pieces,
  pushIntegers,
  textField,
  textOf,
} from './protobuf.js';

/** Fields of a tensor's message. */
export const TENSOR = { dims: 1, type: 2, floats: 4, int32s: 5, int64s: 7, name: 8, raw: 9, doubles: 10, uint64s: 11, external: 13, location: 14 }; // biome-ignore format: a table

/** Element types that are read here. */
export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;
export const FLOAT16 = 10;
export const DOUBLE = 11;
export const BFLOAT16 = 16;

/** Bytes of an element, of all types that have whole bytes. */
const elementBytes: ReadonlyMap<number, number> = new Map([[1, 4], [2, 1], [3, 1], [4, 2], [5, 2], [6, 4], [7, 8], [9, 1], [10, 2], [11, 8], [12, 4], [13, 8], [14, 8], [15, 16], [16, 2], [17, 1], [18, 1], [19, 1], [20, 1]]); // biome-ignore format: a table

/** The name that safetensors gives to a floating type; undefined for other types. */
export function storedTypeOf(type: number): Extract<StoredDType, 'F64' | 'F32' | 'F16' | 'BF16'> | undefined {
  return ({ [FLOAT]: 'F32', [DOUBLE]: 'F64', [FLOAT16]: 'F16', [BFLOAT16]: 'BF16' } as const)[type];
}

/** Where the values of a tensor lie in another file. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  /** Undefined: up to what the shape asks for. */
  readonly length: number | undefined;
}

/** A tensor of which the values have not been looked at. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  /** Product of the extents. */
  readonly elements: number;
  /** Bytes that the shape asks for; undefined for types whose elements have no whole number of them. */
  readonly bytes: number | undefined;
  readonly external: ExternalPlace | undefined;
  /** The message. */
  readonly message: Uint8Array;
}

/** @throws {FormatError} for extents that cannot be, and for fewer bytes than they ask for */
export function readTensor(message: Uint8Array, what: string): OnnxTensor {
  const dims: number[] = [];
  const external = new Map<string, string>();
  let [name, type, isExternal, listed] = ['', 0, false, 0];
  let raw: number | undefined;
  eachField(message, what, (field) => {
    if (field.no === TENSOR.name) name = textOf(field, what);
    else if (field.no === TENSOR.type) type = integerOf(field, what);
    else if (field.no === TENSOR.dims) pushIntegers(field, what, dims, 32);
    else if (field.no === TENSOR.location) isExternal = integerOf(field, what) === 1;
    else if (field.no === TENSOR.external) readEntry(bytesOf(field, what), what, external);
    else if (field.no === TENSOR.raw) raw = bytesOf(field, what).length;
    else listed += field.body.length;
  });
  const label = `${what}: tensor ${quote(name)}`;
  const elements = countOf(dims, label);
  const width = elementBytes.get(type);
  const bytes = width === undefined ? undefined : elements * width;
  // Numbers of their own take a byte each at least.
  const isShort = raw === undefined ? !isExternal && listed < elements : raw !== bytes;
  if (bytes !== undefined && isShort) {
    throw new FormatError(`${label}: its shape asks for ${bytes} bytes, got ${raw ?? listed}`);
  }
  const place = isExternal ? placeOf(external, label) : undefined;
  return { name, type, dims, elements, bytes, external: place, message };
}

function countOf(dims: readonly number[], label: string): number {
  const elements = dims.reduce((product, extent) => product * extent, 1);
  // Sixteen bytes an element at most: their number must be exact too.
  if (dims.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && elements <= 2 ** 49) return elements;
  throw new FormatError(`${label}: no shape has the extents ${quote(dims)}`);
}

/** An entry of text by text. */
export function readEntry(message: Uint8Array, what: string, into: Map<string, string>): void {
  let [key, value] = ['', ''];
  eachField(message, what, (field) => {
    if (field.no === 1) key = textOf(field, what);
    else if (field.no === 2) value = textOf(field, what);
  });
  into.set(key, value);
}

function placeOf(entries: ReadonlyMap<string, string>, label: string): ExternalPlace {
  const number = (name: string): number | undefined => {
    const text = entries.get(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new FormatError(`${label}: its ${name} must be a whole number of bytes, got ${quote(text)}`);
  };
  const location = entries.get('location');
  if (location === undefined || location === '') throw new FormatError(`${label}: lies in a file without a name`);
  return { location, offset: number('offset') ?? 0, length: number('length') };
}

/** The tensor with its values, `raw`, in the message, wherever they were. @throws {FormatError} */
export function withRaw({ message }: OnnxTensor, raw: Uint8Array, what: string): Pieces {
  const kept: Uint8Array[] = [];
  eachField(message, what, ({ no, whole }) => {
    if (no !== TENSOR.external && no !== TENSOR.location && no !== TENSOR.raw) kept.push(whole);
  });
  return [...kept, ...bytesField(TENSOR.raw, [raw])];
}

const typeOf = { F32: FLOAT, F64: DOUBLE, F16: FLOAT16, BF16: BFLOAT16 } as const;

/** A tensor that is added to a file. */
export interface NewTensor {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  readonly message: Pieces;
}

/** Floating numbers. */
export function floatTensor(name: string, { dtype, shape, data }: StoredArray): NewTensor {
  return newTensor(name, typeOf[dtype as keyof typeof typeOf], shape, littleEndianBytes(data));
}

/** A vector of int64. */
export function integerTensor(name: string, values: readonly number[]): NewTensor {
  return newTensor(name, INT64, [values.length], littleEndianBytes(BigInt64Array.from(values, BigInt)));
}

function newTensor(name: string, type: number, dims: readonly number[], raw: Uint8Array): NewTensor {
  const head = [...integerFields(TENSOR.dims, dims), integerField(TENSOR.type, type), textField(TENSOR.name, name)];
  return { name, type, dims, message: [...head, ...bytesField(TENSOR.raw, [raw])] };
}
