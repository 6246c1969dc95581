/** Real numbers in bytes: float32, float16, bfloat16, float64. */
import { OptionError } from '@saccade/tensor';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../compress/half-precision.js';
import type { ValueType, Vector } from '../compress/message.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** A type of values on the wire, by its number there. */
export type WireType = 0 | 1 | 2 | 3;

const names: readonly (ValueType | undefined)[] = ['float32', 'float16', 'bfloat16'];
const sizes = [4, 2, 2, 8] as const;

/** The type in which values travel: the message's; float64 only for such values, if the sender asked for it. */
export function wireType(values: Vector, valueType: ValueType | undefined, double: boolean): WireType {
  if (valueType === undefined) return double && values instanceof Float64Array ? 3 : 0;
  const code = names.indexOf(valueType);
  if (code < 0) throw new OptionError(`encode: there is no type of values '${valueType}'`);
  return code as WireType;
}

/** What a message says of this type: nothing for float32, which is the default, and for float64. */
export function valueTypeOf(type: WireType): ValueType | undefined {
  return type === 1 || type === 2 ? names[type] : undefined;
}

/** Bytes of a value. */
export function valueBytes(type: WireType): number {
  return sizes[type];
}

/** The largest number that rounds to a finite float32: just below the middle between its largest and 2^128. */
const largestSingle = (2 - 2 ** -24 - 2 ** -52) * 2 ** 127;

function requireHeld(value: number, held: boolean, i: number): void {
  if (held) return;
  const remedy = Number.isFinite(value) ? "is too large for its type: pass values: 'float64'" : 'is not finite';
  throw new OptionError(`encode: value ${value} at ${i} ${remedy}`);
}

/** Writes values. @throws {OptionError} if one is NaN or infinite, or becomes so, unless `loose` */
export function writeValues(writer: ByteWriter, values: ArrayLike<number>, type: WireType, loose: boolean): void {
  if (type === 1 || type === 2) {
    writer.uint16(halvesOf(values, type, loose));
    return;
  }
  const largest = type === 0 ? largestSingle : Number.MAX_VALUE;
  if (!loose) for (let i = 0; i < values.length; i++) requireHeld(values[i]!, Math.abs(values[i]!) <= largest, i);
  if (type === 0) writer.float32(values);
  else writer.float64(values);
}

function halvesOf(values: ArrayLike<number>, type: 1 | 2, loose: boolean): Uint16Array {
  const round = type === 1 ? toFloat16 : toBfloat16;
  // All bits of the exponent, which only infinities and NaN have.
  const exponent = type === 1 ? 0x7c00 : 0x7f80;
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const half = round(values[i]!);
    if (!loose) requireHeld(values[i]!, (half & exponent) !== exponent, i);
    halves[i] = half;
  }
  return halves;
}

/** Reads `count` values, in a Float32Array, or a Float64Array for float64. Throws a FormatError for NaN and infinities unless `loose`. */
export function readValues(reader: ByteReader, count: number, type: WireType, loose: boolean): Vector {
  const values = readAll(reader, count, type);
  if (!loose) {
    for (let i = 0; i < count; i++) {
      if (values[i]! - values[i]! !== 0) throw reader.fail(`value ${i} is ${values[i]}`);
    }
  }
  return values;
}

function readAll(reader: ByteReader, count: number, type: WireType): Vector {
  if (type === 0) return reader.float32(count);
  if (type === 3) return reader.float64(count);
  const widen = type === 1 ? fromFloat16 : fromBfloat16;
  const halves = reader.uint16(count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = widen(halves[i]!);
  return values;
}
