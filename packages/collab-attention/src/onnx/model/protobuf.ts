/** Messages of protobuf as the fields that they consist of: what nobody looks at keeps its bytes, and is written as it was read. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FormatError } from '@saccade/tensor';

/** A field of a message. */
export interface Field {
  readonly no: number;
  readonly type: WireType;
  /** What it holds, without tag and length; a view of the message. */
  readonly body: Uint8Array;
  /** All of it; a view of the message. */
  readonly whole: Uint8Array;
}

/** Visits the fields of a message one after another. @throws {FormatError} for bytes that are no message */
export function eachField(message: Uint8Array, what: string, visit: (field: Field) => void): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const begin = reader.pos;
    let field: Field;
    try {
      const [no, type] = reader.tag();
      const body = type === WireType.LengthDelimited ? reader.bytes() : reader.skip(type, no);
      field = { no, type, body, whole: message.subarray(begin, reader.pos) };
    } catch (cause) {
      throw new FormatError(`${what}: damaged at byte ${begin} of a message (${(cause as Error).message})`, { cause });
    }
    visit(field);
  }
}

/** @throws {FormatError} unless the field holds bytes: a message, a text, or packed numbers */
export function bytesOf({ no, type, body }: Field, what: string): Uint8Array {
  if (type === WireType.LengthDelimited) return body;
  throw new FormatError(`${what}: field ${no} must be length-delimited, got wire type ${type}`);
}

/** @throws {FormatError} unless it is a text in UTF-8 */
export function textOf(field: Field, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOf(field, what));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${what}: field ${field.no} is no text in UTF-8`, { cause });
  }
}

/** A whole number of up to 64 bits; beyond 2^53 the nearest float64. @throws {FormatError} */
export function integerOf(field: Field, what: string): number {
  if (field.type === WireType.Varint) return Number(new BinaryReader(field.body).int64());
  throw new FormatError(`${what}: field ${field.no} must be a number, got wire type ${field.type}`);
}

/** Adds the numbers of a repeated field, packed or one by one. @throws {FormatError} once there are more than `most` */
export function pushIntegers(field: Field, what: string, into: number[], most: number): void {
  const push = (value: number): void => {
    if (into.length >= most) throw new FormatError(`${what}: field ${field.no} has more than ${most} numbers`);
    into.push(value);
  };
  if (field.type === WireType.Varint) {
    push(integerOf(field, what));
    return;
  }
  const reader = new BinaryReader(bytesOf(field, what));
  try {
    while (reader.pos < reader.len) push(Number(reader.int64()));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${what}: field ${field.no} ends within a number`, { cause });
  }
}

/** A float32. @throws {FormatError} */
export function floatOf({ no, type, body }: Field, what: string): number {
  if (type === WireType.Bit32) return new DataView(body.buffer, body.byteOffset, 4).getFloat32(0, true);
  throw new FormatError(`${what}: field ${no} must be a float32, got wire type ${type}`);
}

/** Bytes in pieces, which are joined only when they are written. */
export type Pieces = readonly Uint8Array[];

/** Bytes of pieces together. */
export function lengthOf(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** A field of bytes: tag and length, then the pieces as they are. */
export function bytesField(no: number, pieces: Pieces): Pieces {
  const head = new BinaryWriter().tag(no, WireType.LengthDelimited).uint32(lengthOf(pieces)).finish();
  return [head, ...pieces];
}

export function textField(no: number, text: string): Uint8Array {
  return new BinaryWriter().tag(no, WireType.LengthDelimited).string(text).finish();
}

export function integerField(no: number, value: number): Uint8Array {
  return new BinaryWriter().tag(no, WireType.Varint).int64(value).finish();
}

/** Numbers one by one, as a reader takes them whether it expects them packed or not. */
export function integerFields(no: number, values: readonly number[]): Pieces {
  return values.map((value) => integerField(no, value));
}
