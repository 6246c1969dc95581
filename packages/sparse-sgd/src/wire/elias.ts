/** Elias's codes of whole numbers from 1, in bits: gamma, delta, omega (Elias, 1975). */
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** One way to write whole numbers from 1, below 2^31, such that each says itself where it ends. */
export interface EliasCode {
  /** How many bits a number takes. */
  bits(value: number): number;
  write(writer: ByteWriter, value: number): void;
  /** Throws a FormatError for 2^31 and more. */
  read(reader: ByteReader): number;
}

/** floor(log2(value)). */
function logarithm(value: number): number {
  return 31 - Math.clz32(value);
}

function readTail(reader: ByteReader, count: number): number {
  if (count > 30) throw reader.fail('a number is 2^31 or more');
  return (1 << count) + reader.bits(count);
}

/** As many zeros as there are bits after the first; the number. */
export const eliasGamma: EliasCode = {
  bits: (value) => 2 * logarithm(value) + 1,
  write(writer, value) {
    const tail = logarithm(value);
    writer.zeros(tail);
    writer.bits(value, tail + 1);
  },
  read: (reader) => readTail(reader, reader.zeros(31)),
};

/** How many bits the number has, in gamma; the number without its first bit. */
export const eliasDelta: EliasCode = {
  bits(value) {
    const tail = logarithm(value);
    return tail + eliasGamma.bits(tail + 1);
  },
  write(writer, value) {
    const tail = logarithm(value);
    eliasGamma.write(writer, tail + 1);
    writer.bits(value - (1 << tail), tail);
  },
  read: (reader) => readTail(reader, eliasGamma.read(reader) - 1),
};

/** The number; before it how many bits it has less one, and so on down to 1; after it a 0. The code of QSGD's paper. */
export const eliasOmega: EliasCode = {
  bits(value) {
    let bits = 1;
    for (let rest = value; rest > 1; rest = logarithm(rest)) bits += logarithm(rest) + 1;
    return bits;
  },
  write(writer, value) {
    writeGroups(writer, value);
    writer.bits(0, 1);
  },
  read(reader) {
    let value = 1;
    while (reader.bits(1) === 1) value = readTail(reader, value);
    return value;
  },
};

function writeGroups(writer: ByteWriter, value: number): void {
  if (value === 1) return;
  const tail = logarithm(value);
  writeGroups(writer, tail);
  writer.bits(value, tail + 1);
}
