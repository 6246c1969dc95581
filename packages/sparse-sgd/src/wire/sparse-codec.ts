/** Sparse messages in bytes: flags, how many, positions, values. Those of one entry do without the number, and without allocating to measure them. */
import { OptionError } from '@saccade/tensor';
import type { SparseMessage } from '../compress/message.js';
import { varintBytes } from './byte-writer.js';
import { type IndexCode, packedWidth, planIndices } from './index-bits.js';
import { readIndices, writeIndices } from './index-codes.js';
import { headBytes, type MessageCodec, type WriteContext, writeHead } from './message-codec.js';
import { readValues, valueBytes, valueTypeOf, type WireType, wireType, writeValues } from './value-codes.js';

/** Codes of positions by their number in the flags; 0: one position, packed. */
const codes: readonly IndexCode[] = ['packed', 'packed', 'bitmap', 'leb128', 'rice', 'gamma', 'delta', 'uint32'];

/** A message of one entry, unless a code of positions is asked for. */
function isSingle(message: SparseMessage, { indexCode }: WriteContext): boolean {
  return message.indices.length === 1 && indexCode === undefined;
}

/** Flags: type of values in the lower 2 bits, code of positions in the upper 3. */
export const sparseCodec: MessageCodec<SparseMessage> = {
  bytes(message, context) {
    const { length, indices, values, valueType } = message;
    const value = valueBytes(wireType(values, valueType, context.double));
    if (isSingle(message, context)) return headBytes(length) + ((packedWidth(length) + 7) >>> 3) + value;
    const { bits } = planIndices(indices, length, context.indexCode);
    const count = indices.length;
    return headBytes(length) + varintBytes(count) + Math.ceil(bits / 8) + count * value;
  },

  write(writer, message, context) {
    const { length, indices, values, valueType } = message;
    if (indices.length !== values.length) {
      throw new OptionError(`encode: expected as many values as indices, got ${values.length} and ${indices.length}`);
    }
    const type = wireType(values, valueType, context.double);
    const single = isSingle(message, context);
    const plan = planIndices(indices, length, single ? 'packed' : context.indexCode);
    writeHead(writer, message, ((single ? 0 : codes.indexOf(plan.code, 1)) << 2) | type);
    if (!single) writer.varint(indices.length);
    writeIndices(writer, indices, length, plan);
    writeValues(writer, values, type, context.loose);
  },

  read(reader, { flags, length, loose }) {
    const code = flags >>> 2;
    const type = (flags & 3) as WireType;
    const count = code === 0 ? 1 : reader.varint();
    if (count > length) throw reader.fail(`${count} entries of a vector of length ${length}`);
    // Before memory for indices is taken.
    reader.requireLeft(count * valueBytes(type));
    const indices = readIndices(reader, count, length, codes[code]!);
    const values = readValues(reader, count, type, loose);
    return { kind: 'sparse', length, indices, values, valueType: valueTypeOf(type) };
  },
};
