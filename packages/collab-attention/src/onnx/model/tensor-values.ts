/** Values of tensors of ONNX files: made only once there are as many bytes as the shape asks for. */
import { bfloat16ToFloat32, FormatError, float16ToFloat32, quote } from '@saccade/tensor';
import { bytesOf, eachField, pushIntegers } from './protobuf.js';
import {
  BFLOAT16,
  BOOL,
  DOUBLE,
  FLOAT,
  FLOAT16,
  INT32,
  INT64,
  type OnnxTensor,
  storedTypeOf,
  TENSOR,
} from './tensor.js';

/** The raw bytes of a tensor; undefined where values are numbers of their own. @throws {FormatError} unless there are as many as the shape asks for */
export function rawOf(tensor: OnnxTensor, what: string): Uint8Array | undefined {
  return rawBytes(tensor, `${what}: tensor ${quote(tensor.name)}`);
}

/**
 * The values of a tensor of a floating type.
 * @param elsewhere its bytes, where they lie elsewhere
 * @throws {FormatError} unless it has as many as its shape asks for
 */
export function floatsOf(tensor: OnnxTensor, what: string, elsewhere?: Uint8Array): Float32Array | Float64Array {
  const { type, elements, name } = tensor;
  const label = `${what}: tensor ${quote(name)}`;
  const raw = elsewhere ?? rawBytes(tensor, label);
  if (raw !== undefined) return fromRaw(type, raw, label);
  const isHalf = type === FLOAT16 || type === BFLOAT16;
  const no = type === DOUBLE ? TENSOR.doubles : isHalf ? TENSOR.int32s : TENSOR.floats;
  if (!isHalf) return fromRaw(type, joined(tensor, no, elements * (type === DOUBLE ? 8 : 4), label), label);
  const bits = Uint16Array.from(repeated(tensor, no, elements, label));
  return type === FLOAT16 ? float16ToFloat32(bits) : bfloat16ToFloat32(bits);
}

/** The values of a small tensor of whole numbers or of a floating type; undefined for other types. @throws {FormatError} */
export function numbersOf(tensor: OnnxTensor, what: string): number[] | undefined {
  const { type, elements, name } = tensor;
  if (storedTypeOf(type) !== undefined) return Array.from(floatsOf(tensor, what));
  if (type !== INT64 && type !== INT32 && type !== BOOL) return undefined;
  const label = `${what}: tensor ${quote(name)}`;
  const raw = rawBytes(tensor, label);
  if (raw === undefined) return repeated(tensor, type === INT64 ? TENSOR.int64s : TENSOR.int32s, elements, label);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const read = {
    [INT64]: (i: number) => Number(view.getBigInt64(8 * i, true)),
    [INT32]: (i: number) => view.getInt32(4 * i, true),
    [BOOL]: (i: number) => view.getUint8(i),
  }[type];
  return Array.from({ length: elements }, (_, i) => read(i));
}

/** The raw bytes, as many as the shape asks for; undefined where values are numbers of their own. @throws {FormatError} */
function rawBytes({ message, bytes }: OnnxTensor, label: string): Uint8Array | undefined {
  let raw: Uint8Array | undefined;
  eachField(message, label, (field) => {
    if (field.no === TENSOR.raw) raw = bytesOf(field, label);
  });
  if (raw === undefined || raw.length === bytes) return raw;
  throw new FormatError(`${label}: its shape asks for ${bytes} bytes, got ${raw.length}`);
}

function fromRaw(type: number, raw: Uint8Array, label: string): Float32Array | Float64Array {
  // A copy, as bytes of a file begin anywhere; not by `slice`, which gives a view where they are a Buffer.
  const { buffer } = new Uint8Array(raw);
  if (type === FLOAT) return new Float32Array(buffer);
  if (type === DOUBLE) return new Float64Array(buffer);
  if (type === FLOAT16) return float16ToFloat32(new Uint16Array(buffer));
  if (type === BFLOAT16) return bfloat16ToFloat32(new Uint16Array(buffer));
  throw new FormatError(`${label}: elements of type ${type} are no floating numbers`);
}

/** The bytes of a repeated field of fixed width, packed or not. @throws {FormatError} unless there are `length` of them */
function joined({ message }: OnnxTensor, no: number, length: number, label: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let found = 0;
  eachField(message, label, (field) => {
    if (field.no !== no) return;
    parts.push(field.body);
    found += field.body.length;
    if (found > length) throw new FormatError(`${label}: has more values than its shape asks for`);
  });
  if (found !== length) throw new FormatError(`${label}: its shape asks for ${length} bytes, got ${found}`);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function repeated({ message }: OnnxTensor, no: number, elements: number, label: string): number[] {
  const values: number[] = [];
  eachField(message, label, (field) => {
    if (field.no === no) pushIntegers(field, label, values, elements);
  });
  if (values.length === elements) return values;
  throw new FormatError(`${label}: its shape asks for ${elements} values, got ${values.length}`);
}
