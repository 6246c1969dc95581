/** Real numbers in bytes: float32, float16, bfloat16, float64. */
import { bfloat16ToFloat32, float16ToFloat32, OptionError, toBfloat16, toFloat16 } from '@saccade/tensor';
import { firstNonFinite } from '../compress/first-non-finite.js';
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

/** Writes values. @throws {OptionError} if one is NaN or infinite, or becomes so, unless `loose` */
export function writeValues(writer: ByteWriter, values: Vector, type: WireType, loose: boolean): void {
  if (type === 1 || type === 2) {
    const halves = type === 1 ? toFloat16(values) : toBfloat16(values);
    // All bits of the exponent, which only infinities and NaN have.
    const exponent = type === 1 ? 0x7c00 : 0x7f80;
    for (let i = 0; i < halves.length && !loose; i++) if ((halves[i]! & exponent) === exponent) refuse(values, i);
    writer.uint16(halves);
    return;
  }
  const largest = type === 0 ? largestSingle : Number.MAX_VALUE;
  for (let i = 0; i < values.length && !loose; i++) if (!(Math.abs(values[i]!) <= largest)) refuse(values, i);
  if (type === 0) writer.float32(values);
  else writer.float64(values);
}

function refuse(values: Vector, i: number): never {
  const remedy = Number.isFinite(values[i]) ? "is too large for its type: pass values: 'float64'" : 'is not finite';
  throw new OptionError(`encode: value ${values[i]} at ${i} ${remedy}`);
}

/** Reads `count` values, in a Float32Array, or a Float64Array for float64. Throws a FormatError for NaN and infinities unless `loose`. */
export function readValues(reader: ByteReader, count: number, type: WireType, loose: boolean): Vector {
  const values = readAll(reader, count, type);
  const odd = loose ? -1 : firstNonFinite(values);
  if (odd >= 0) throw reader.fail(`value ${odd} is ${values[odd]}`);
  return values;
}

function readAll(reader: ByteReader, count: number, type: WireType): Vector {
  if (type === 0) return reader.float32(count);
  if (type === 3) return reader.float64(count);
  const halves = reader.uint16(count);
  return type === 1 ? float16ToFloat32(halves) : bfloat16ToFloat32(halves);
}
