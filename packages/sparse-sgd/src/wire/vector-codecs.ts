/** Messages that are lists of values, in bytes: dense ones, those with positions from a seed, factors. */
import { requireCount, ShapeError } from '@saccade/tensor';
import type { DenseMessage, FactorMessage, SeededMessage } from '../compress/message.js';
import { type ByteWriter, varintBytes } from './byte-writer.js';
import { headBytes, type MessageCodec, writeHead } from './message-codec.js';
import { readValues, valueBytes, valueTypeOf, type WireType, wireType, writeValues } from './value-codes.js';

function requireAll({ kind, length, values }: DenseMessage | FactorMessage): void {
  if (values.length === length) return;
  throw new ShapeError(`encode: a ${kind} message of length ${length} needs as many values, got ${values.length}`);
}

/** Flags: type of values in the lower 2 bits. Then the values. */
export const denseCodec: MessageCodec<DenseMessage> = {
  bytes({ length, values, valueType }, { double }) {
    return headBytes(length) + length * valueBytes(wireType(values, valueType, double));
  },
  write(writer, message, { double, loose }) {
    requireAll(message);
    const type = wireType(message.values, message.valueType, double);
    writeHead(writer, message, type);
    writeValues(writer, message.values, type, loose);
  },
  read(reader, { flags, length, loose }) {
    if (flags > 3) throw reader.fail(`a dense message has flags ${flags}`);
    const type = flags as WireType;
    return { kind: 'dense', length, values: readValues(reader, length, type, loose), valueType: valueTypeOf(type) };
  },
};

const otherStep = 4;
const otherStream = 8;

/** What of a seeded message is not as its place says: the step of the frame, the number of the message. */
function seedFlags({ step, stream }: SeededMessage, context: { step: number; position: number }): number {
  return (step === context.step ? 0 : otherStep) | (stream === context.position ? 0 : otherStream);
}

/** Flags: type of values in the lower 2 bits, 4 and 8 where step and stream follow. Then how many, the seed, these, the values. */
export const seededCodec: MessageCodec<SeededMessage> = {
  bytes(message, context) {
    const { length, seed, step, stream, values, valueType } = message;
    const flags = seedFlags(message, context);
    let bytes = headBytes(length) + varintBytes(values.length) + varintBytes(seed);
    if (flags & otherStep) bytes += varintBytes(step);
    if (flags & otherStream) bytes += varintBytes(stream);
    return bytes + values.length * valueBytes(wireType(values, valueType, context.double));
  },
  write(writer, message, context) {
    const { length, seed, step, stream, values, valueType } = message;
    if (values.length > length) {
      throw new ShapeError(
        `encode: a seeded message of length ${length} has at most as many values, got ${values.length}`,
      );
    }
    for (const [name, number] of Object.entries({ seed, step, stream })) requireCount('encode', name, number, 0);
    const type = wireType(values, valueType, context.double);
    const flags = seedFlags(message, context);
    writeHead(writer, message, flags | type);
    for (const number of [values.length, seed]) writer.varint(number);
    if (flags & otherStep) writer.varint(step);
    if (flags & otherStream) writer.varint(stream);
    writeValues(writer, values, type, context.loose);
  },
  read(reader, { flags, length, loose, step: frameStep, position }) {
    if (flags > 15) throw reader.fail(`a seeded message has flags ${flags}`);
    const type = (flags & 3) as WireType;
    const count = reader.varint();
    if (count > length) throw reader.fail(`${count} entries of a vector of length ${length}`);
    const seed = reader.varint();
    const step = flags & otherStep ? reader.varint() : frameStep;
    const stream = flags & otherStream ? reader.varint() : position;
    const values = readValues(reader, count, type, loose);
    return { kind: 'seeded', length, seed, step, stream, values, valueType: valueTypeOf(type) };
  },
};

function factorType({ values }: FactorMessage, double: boolean): WireType {
  return wireType(values, undefined, double);
}

/** Flags: type of values, float32 or float64. Then the rank and the values. */
export const factorCodec: MessageCodec<FactorMessage> = {
  bytes(message, { double }) {
    const { length, rank } = message;
    return headBytes(length) + varintBytes(rank) + length * valueBytes(factorType(message, double));
  },
  write(writer: ByteWriter, message, { double, loose }) {
    requireAll(message);
    requireCount('encode', 'rank of a factor', message.rank);
    if (message.length % message.rank !== 0) {
      throw new ShapeError(`encode: the rank of a factor of ${message.length} must divide that, got ${message.rank}`);
    }
    const type = factorType(message, double);
    writeHead(writer, message, type);
    writer.varint(message.rank);
    writeValues(writer, message.values, type, loose);
  },
  read(reader, { flags, length, loose }) {
    if (flags !== 0 && flags !== 3) throw reader.fail(`a factor has flags ${flags}`);
    const rank = reader.varint();
    if (rank === 0 || length % rank !== 0) throw reader.fail(`a factor of ${length} has rank ${rank}`);
    return { kind: 'factor', length, rank, values: readValues(reader, length, flags as WireType, loose) };
  },
};
