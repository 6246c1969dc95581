/** Messages to bytes. */
import { checkOptions, crc32, OptionError, quote, requireCount, requireFlag } from '@saccade/tensor';
import { requireMessage } from '../compress/check-message.js';
import type { DenseMessage, Message } from '../compress/message.js';
import { ByteWriter } from './byte-writer.js';
import { crc16 } from './crc16.js';
import { EncodeContext, type EncodeOptions, encodeOptionNames } from './encode-options.js';
import { codecOf, longestVector, longRank, magic, shortFrame, version } from './frame.js';
import { requireIndexCode } from './index-bits.js';
import { singlesAt, writeSingles } from './singles-codec.js';

function checkHeader(messages: readonly Message[], options: EncodeOptions): void {
  if (!Array.isArray(messages)) throw new OptionError(`encode: expected a list of messages, got ${quote(messages)}`);
  const {
    step = 0,
    rank = 0,
    values,
    indexCode,
    allowNonFinite = false,
  } = checkOptions('encode', options, encodeOptionNames);
  requireCount('encode', 'step', step, 0);
  requireCount('encode', 'rank', rank, 0);
  requireFlag('encode', 'allowNonFinite', allowNonFinite);
  if (indexCode !== undefined) requireIndexCode('encode', 'indexCode', indexCode);
  if (values === undefined || values === 'float64') return;
  throw new OptionError(`encode: values must be 'float64' or left out, got ${quote(values)}`);
}

function writeHeader(writer: ByteWriter, count: number, { step = 0, rank = 0 }: EncodeOptions): void {
  writer.byte(magic);
  writer.byte((version << 5) | (count === 1 ? 16 : 0) | Math.min(rank, longRank));
  if (rank >= longRank) writer.varint(rank - longRank);
  writer.varint(step);
  if (count !== 1) writer.varint(count);
}

/** About what the values of messages take, so that large frames need not be moved while they grow. */
function roomFor(messages: readonly Message[]): number {
  return messages.reduce(
    (sum, message) => sum + 4 * ((Object(message) as Partial<DenseMessage>).values?.length ?? 0),
    0,
  );
}

/**
 * One frame of messages: magic, version, step, rank, each message in the shortest way for it, checksum. Messages of one entry that
 * follow one another, as many steps of top-1 are, share a head: 64 steps of a model of 1000 entries take five and a half bytes each, all
 * included. The same messages give the same bytes everywhere.
 * @throws {OptionError} for options or messages that cannot be, and for values that are not finite or too large for float32
 * @throws {ShapeError} for a message whose parts do not fit together
 */
export function encode(messages: readonly Message[], options: EncodeOptions = {}): Uint8Array {
  checkHeader(messages, options);
  const writer = new ByteWriter();
  writer.reserve(roomFor(messages));
  writeHeader(writer, messages.length, options);
  const context = new EncodeContext(options);
  while (context.position < messages.length) {
    const message = requireMessage('encode', messages[context.position]!);
    requireCount('encode', 'length', message.length, 0, longestVector);
    const run = singlesAt(messages, context);
    if (run.length > 1) writeSingles(writer, run, context);
    else codecOf(message.kind).write(writer, message, context);
    context.position += Math.max(1, run.length);
  }
  const body = writer.written;
  if (body.length < shortFrame) writer.uint16(Uint16Array.of(crc16(body)));
  else writer.uint32(crc32(body));
  return writer.written.slice();
}
