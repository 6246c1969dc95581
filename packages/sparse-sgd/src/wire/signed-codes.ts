/** Small signed whole numbers in bytes, in each of the codes. */
import type { ByteReader } from './byte-reader.js';
import { type ByteWriter, varintBytes } from './byte-writer.js';
import {
  runCodes,
  type SignedCode,
  type SignedPlan,
  shortestSigned,
  signedParameterBits,
  signedPlans,
  signedWidth,
} from './signed-bits.js';

/** Numbers, the largest magnitude among them, and how they are written. */
export interface SignedNumbers {
  readonly values: Int16Array;
  readonly most: number;
  readonly plan: SignedPlan;
}

/** Finds the shortest code. */
export function signedNumbers(values: Int16Array): SignedNumbers {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return { values, most, plan: shortestSigned(signedPlans(values, most)) };
}

function hasRuns(code: SignedCode): boolean {
  return code !== 'packed' && code !== 'rice';
}

/** Bytes that `writeSigned` writes. */
export function signedBytes({ most, plan }: SignedNumbers): number {
  const runs = hasRuns(plan.code) ? varintBytes(plan.nonZeros) : 0;
  return varintBytes(most) + runs + Math.ceil(plan.bits / 8);
}

/** Writes the largest magnitude, for runs how many numbers are not 0, and the numbers; begins and ends at whole bytes. */
export function writeSigned(writer: ByteWriter, { values, most, plan }: SignedNumbers): void {
  const { code, bits, parameter, nonZeros } = plan;
  writer.varint(most);
  if (hasRuns(code)) writer.varint(nonZeros);
  writer.reserve(Math.ceil(bits / 8));
  if (code === 'packed') {
    const width = signedWidth(most);
    for (let i = 0; i < values.length; i++) writer.bits(values[i]! + most, width);
  } else if (code === 'rice') writeRice(writer, values, most, parameter);
  else writeRuns(writer, values, most, code, parameter);
  writer.align();
}

function writeRice(writer: ByteWriter, values: Int16Array, most: number, parameter: number): void {
  writer.bits(parameter, signedParameterBits.rice);
  const last = most >>> parameter;
  const mask = (1 << parameter) - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const magnitude = Math.abs(value);
    const high = magnitude >>> parameter;
    // The word after the zeros in one piece: the one that ends them, the lower bits, the sign.
    const [stop, sign] = [high < last ? 1 : 0, value === 0 ? 0 : 1];
    const word = (stop << parameter) | (magnitude & mask);
    writer.zeros(high);
    writer.bits((word << sign) | (value < 0 ? 1 : 0), stop + parameter + sign);
  }
}

function writeRuns(writer: ByteWriter, values: Int16Array, most: number, code: SignedCode, parameter: number): void {
  const elias = runCodes.get(code)!;
  const rice = code === 'rice-runs';
  if (rice) writer.bits(parameter, signedParameterBits['rice-runs']);
  for (let i = 0, run = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === 0) {
      run++;
      continue;
    }
    if (rice) {
      writer.zeros(run >>> parameter);
      writer.bits(1, 1);
      writer.bits(run & ((1 << parameter) - 1), parameter);
    } else elias.write(writer, run + 1);
    writer.bits(value < 0 ? 1 : 0, 1);
    if (most > 1) elias.write(writer, Math.abs(value));
    run = 0;
  }
}

/**
 * Reads `count` numbers. Memory for these is taken only if there can be so many, or the caller expects so many.
 * @param limit the largest magnitude that there may be
 */
export function readSigned(reader: ByteReader, count: number, limit: number, code: SignedCode): Int16Array {
  const most = reader.varint();
  if (most > limit) throw reader.fail(`a number may have magnitude ${most}, above ${limit}`);
  const nonZeros = hasRuns(code) ? reader.varint() : 0;
  if (nonZeros > count) throw reader.fail(`${nonZeros} of ${count} numbers are not 0`);
  if (code === 'packed') reader.requireLeft(Math.ceil((count * signedWidth(most)) / 8));
  const values = new Int16Array(count);
  if (code === 'packed') readPacked(reader, values, most);
  else if (code === 'rice') readRice(reader, values, most);
  else readRuns(reader, values, most, code, nonZeros);
  reader.align();
  return values;
}

function readPacked(reader: ByteReader, values: Int16Array, most: number): void {
  const width = signedWidth(most);
  for (let i = 0; i < values.length; i++) {
    const value = reader.bits(width) - most;
    if (value > most) throw reader.fail(`a number is ${value}, above ${most}`);
    values[i] = value;
  }
}

function readRice(reader: ByteReader, values: Int16Array, most: number): void {
  const parameter = reader.bits(signedParameterBits.rice);
  const last = most >>> parameter;
  const unit = 2 ** parameter; // once, as powers are slow
  for (let i = 0; i < values.length; i++) {
    const high = reader.zeros(last);
    const magnitude = high * unit + reader.bits(parameter);
    if (magnitude > most) throw reader.fail(`a number has magnitude ${magnitude}, above ${most}`);
    if (magnitude > 0) values[i] = reader.bits(1) === 1 ? -magnitude : magnitude;
  }
}

function readRuns(reader: ByteReader, values: Int16Array, most: number, code: SignedCode, nonZeros: number): void {
  const elias = runCodes.get(code)!;
  const rice = code === 'rice-runs';
  const parameter = rice ? reader.bits(signedParameterBits['rice-runs']) : 0;
  const unit = 2 ** parameter;
  const { length } = values;
  for (let n = 0, i = 0; n < nonZeros; n++, i++) {
    if (rice) i += reader.zeros(((length - i) >>> parameter) + 1) * unit + reader.bits(parameter);
    else i += elias.read(reader) - 1;
    if (i >= length) throw reader.fail(`numbers go on after the last of ${length}`);
    const negative = reader.bits(1) === 1;
    const magnitude = most > 1 ? elias.read(reader) : 1;
    if (magnitude > most) throw reader.fail(`a number has magnitude ${magnitude}, above ${most}`);
    values[i] = negative ? -magnitude : magnitude;
  }
}
