/** Runs of sparse messages of one entry each, such as many steps of top-1 in one frame: one head for all, positions bit after bit, values. */
import { OptionError } from '@saccade/tensor';
import type { Message, SparseMessage } from '../compress/message.js';
import type { ByteReader } from './byte-reader.js';
import { type ByteWriter, varintBytes } from './byte-writer.js';
import { packedWidth } from './index-bits.js';
import { headBytes, type ReadContext, type WriteContext } from './message-codec.js';
import { readValues, valueBytes, valueTypeOf, type WireType, wireType, writeValues } from './value-codes.js';

/** Stands where others have the number of their kind. */
export const singlesKind = 7;

function isSingle(message: Message | undefined): message is SparseMessage {
  return message?.kind === 'sparse' && message.indices.length === 1 && message.values.length === 1;
}

function typeOf({ values, valueType }: SparseMessage, { double }: WriteContext): WireType {
  return wireType(values, valueType, double);
}

/** Bytes of what runs have for each message: positions, which end at a whole byte, and values. */
function entryBytes(count: number, length: number, type: WireType): number {
  return Math.ceil((count * packedWidth(length)) / 8) + count * valueBytes(type);
}

/**
 * The messages from `context.position` on that have one entry each, the same length and the same type of values. From two on they are
 * written as a run, which is always shorter. None if a code of positions is asked for.
 */
export function singlesAt(messages: readonly Message[], context: WriteContext): readonly SparseMessage[] {
  const run: SparseMessage[] = [];
  if (context.indexCode !== undefined) return run;
  for (let i = context.position; i < messages.length; i++) {
    const message = messages[i];
    if (!isSingle(message)) break;
    const first = run[0] ?? message;
    if (message.length !== first.length || typeOf(message, context) !== typeOf(first, context)) break;
    run.push(message);
  }
  return run;
}

/** Bytes of what `writeSingles` writes. */
export function singlesBytes(run: readonly SparseMessage[], context: WriteContext): number {
  const { length } = run[0]!;
  return headBytes(length) + varintBytes(run.length) + entryBytes(run.length, length, typeOf(run[0]!, context));
}

/** Writes a run of `singlesAt`, of at least two. @throws {OptionError} for a position that is not below the length, and as `writeValues` */
export function writeSingles(writer: ByteWriter, run: readonly SparseMessage[], context: WriteContext): void {
  const { length } = run[0]!;
  const type = typeOf(run[0]!, context);
  writer.byte((singlesKind << 5) | type);
  writer.varint(length);
  writer.varint(run.length);
  const width = packedWidth(length);
  writer.reserve(entryBytes(run.length, length, type));
  for (const { indices } of run) {
    const index = indices[0]!;
    if (!(index >= 0 && index < length)) {
      throw new OptionError(`encode: indices must ascend and be below ${length}, got ${index} at 0`);
    }
    writer.bits(index, width);
  }
  writer.align();
  for (const { values } of run) writeValues(writer, values, type, context.loose);
}

/** Reads how many messages a run has, of `left` that the frame still has; all of their bytes are there. */
export function readRunLength(reader: ByteReader, { flags, length }: ReadContext, left: number): number {
  if (flags > 3) throw reader.fail(`a run of singles has flags ${flags}`);
  const count = reader.varint();
  if (count < 2 || count > left) throw reader.fail(`a run of ${count} singles where ${left} messages are left`);
  // Before memory is taken.
  reader.requireLeft(entryBytes(count, length, flags as WireType));
  return count;
}

/** Reads the rest of a run. */
export function readSingles(reader: ByteReader, { flags, length, loose }: ReadContext, count: number): SparseMessage[] {
  const type = flags as WireType;
  const width = packedWidth(length);
  const positions = Array.from({ length: count }, () => {
    const index = reader.bits(width);
    if (index >= length) throw reader.fail(`index ${index} is not below the length ${length}`);
    return Int32Array.of(index);
  });
  reader.align();
  const valueType = valueTypeOf(type);
  return positions.map((indices) => {
    return { kind: 'sparse', length, indices, values: readValues(reader, 1, type, loose), valueType };
  });
}
