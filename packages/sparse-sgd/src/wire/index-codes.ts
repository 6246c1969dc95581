/** Positions in bytes, in each of the codes. */
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type EliasCode, eliasDelta, eliasGamma } from './elias.js';
import { type IndexCode, type IndexPlan, packedWidth, riceParameterBits } from './index-bits.js';

/** How one code is written and read. What is read ascends and is below `length`, else there is a FormatError. */
interface IndexStream {
  write(writer: ByteWriter, indices: Int32Array, length: number, parameter: number): void;
  read(reader: ByteReader, indices: Int32Array, length: number): void;
}

/** Each position on its own. */
function places(width: (length: number) => number): IndexStream {
  return {
    write(writer, indices, length) {
      const bits = width(length);
      for (let i = 0; i < indices.length; i++) writer.bits(indices[i]!, bits);
    },
    read(reader, indices, length) {
      const bits = width(length);
      for (let i = 0, before = -1; i < indices.length; i++) {
        const index = reader.bits(bits);
        if (index <= before) throw reader.fail(`index ${index} comes after ${before}`);
        if (index >= length) throw reader.fail(`index ${index} is not below the length ${length}`);
        indices[i] = index;
        before = index;
      }
    },
  };
}

type WriteDistance = (writer: ByteWriter, distance: number) => void;
type ReadDistance = (reader: ByteReader, limit: number) => number;

function writeDistances(writer: ByteWriter, indices: Int32Array, write: WriteDistance): void {
  for (let i = 0, before = -1; i < indices.length; i++) {
    const index = indices[i]!;
    write(writer, index - before);
    before = index;
  }
}

/** @param read gives a distance from 1, or anything above its limit */
function readDistances(reader: ByteReader, indices: Int32Array, length: number, read: ReadDistance): void {
  for (let i = 0, index = -1; i < indices.length; i++) {
    index += read(reader, length - 1 - index);
    if (index >= length) throw reader.fail(`an index is not below the length ${length}`);
    indices[i] = index;
  }
}

function elias(code: EliasCode): IndexStream {
  return {
    write: (writer, indices) => writeDistances(writer, indices, code.write),
    read: (reader, indices, length) => readDistances(reader, indices, length, code.read),
  };
}

const leb128: IndexStream = {
  write: (writer, indices) => writeDistances(writer, indices, (to, distance) => to.varint(distance - 1)),
  read: (reader, indices, length) => readDistances(reader, indices, length, (from) => from.varint() + 1),
};

/** The parameter; then of each distance less one what `parameter` bits do not hold in unary, and these bits. */
const rice: IndexStream = {
  write(writer, indices, _length, parameter) {
    const mask = (1 << parameter) - 1;
    writer.bits(parameter, riceParameterBits);
    writeDistances(writer, indices, (to, distance) => {
      to.zeros((distance - 1) >>> parameter);
      to.bits(1, 1);
      to.bits((distance - 1) & mask, parameter);
    });
  },
  read(reader, indices, length) {
    const parameter = reader.bits(riceParameterBits);
    const unit = 2 ** parameter; // once, as powers are slow
    readDistances(reader, indices, length, (from, limit) => {
      const high = from.zeros((limit >>> parameter) + 1);
      return high * unit + from.bits(parameter) + 1;
    });
  },
};

/** Bit i % 8 of byte i / 8 says whether i is among them, the lowest bit first. */
const bitmap: IndexStream = {
  write(writer, indices, length) {
    const bits = new Uint8Array(Math.ceil(length / 8));
    for (let i = 0; i < indices.length; i++) bits[indices[i]! >>> 3]! |= 1 << (indices[i]! & 7);
    writer.raw(bits);
  },
  read(reader, indices, length) {
    const bits = reader.raw(Math.ceil(length / 8));
    let count = 0;
    for (let byte = 0; byte < bits.length; byte++) {
      for (let rest = bits[byte]!; rest !== 0; rest &= rest - 1)
        indices[count++] = 8 * byte + 31 - Math.clz32(rest & -rest);
    }
    const sound = count === indices.length && (count === 0 || indices[count - 1]! < length);
    if (!sound) throw reader.fail(`a bitmap does not have ${indices.length} bits below ${length}`);
  },
};

const streams: Readonly<Record<IndexCode, IndexStream>> = {
  packed: places(packedWidth),
  bitmap,
  leb128,
  rice,
  gamma: elias(eliasGamma),
  delta: elias(eliasDelta),
  uint32: places(() => 32),
};

/** Writes positions; begins and ends at whole bytes. */
export function writeIndices(writer: ByteWriter, indices: Int32Array, length: number, plan: IndexPlan): void {
  writer.reserve(Math.ceil(plan.bits / 8));
  streams[plan.code].write(writer, indices, length, plan.parameter);
  writer.align();
}

/** Reads `count` positions below `length`, which the caller holds for possible. */
export function readIndices(reader: ByteReader, count: number, length: number, code: IndexCode): Int32Array {
  const indices = new Int32Array(count);
  streams[code].read(reader, indices, length);
  reader.align();
  return indices;
}
