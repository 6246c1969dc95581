/** Bytes, which may be anything, to messages. */
import { checkOptions, crc32, FormatError, OptionError, quote, requireCount, requireFlag } from '@saccade/tensor';
import type { Message } from '../compress/message.js';
import { ByteReader } from './byte-reader.js';
import { crc16 } from './crc16.js';
import { codecNumber, type Frame, longestVector, longRank, magic, shortFrame, version } from './frame.js';
import { readRunLength, readSingles, singlesKind } from './singles-codec.js';

/** What the receiver expects, so that nobody can make it take more memory than that: one of `lengths` and `maxLength` is needed. */
export interface DecodeOptions {
  /** The length that each message must have. */
  readonly lengths?: readonly number[] | undefined;
  /** The most entries that the vectors of all messages together may have; one without entries counts as one, as it takes memory, too. */
  readonly maxLength?: number | undefined;
  /** Whether values may be NaN or infinite. Default: false. */
  readonly allowNonFinite?: boolean | undefined;
}

function checkDecodeOptions(bytes: Uint8Array, options: DecodeOptions): void {
  if (!(bytes instanceof Uint8Array)) throw new OptionError(`decode: expected a Uint8Array, got ${quote(bytes)}`);
  const names = ['lengths', 'maxLength', 'allowNonFinite'] as const;
  const { lengths, maxLength, allowNonFinite = false } = checkOptions('decode', options, names);
  requireFlag('decode', 'allowNonFinite', allowNonFinite);
  if (lengths !== undefined) requireLengths(lengths);
  if (maxLength !== undefined) requireCount('decode', 'maxLength', maxLength, 0);
  else if (lengths === undefined) {
    throw new OptionError('decode: pass { lengths } or { maxLength } that are expected');
  }
}

function requireLengths(lengths: readonly number[]): void {
  if (!Array.isArray(lengths)) {
    throw new OptionError(`decode: lengths must be an array of whole numbers, got ${quote(lengths)}`);
  }
  // Holes, too.
  for (const [i, length] of lengths.entries()) requireCount('decode', `lengths[${i}]`, length, 0);
}

/** The part that the checksum is of. */
function checkedBody(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const size = length < shortFrame + 2 ? 2 : 4;
  if (length < 4 || length - size < (size === 2 ? 0 : shortFrame)) {
    throw new FormatError(`decode: ${length} bytes cannot be a frame`);
  }
  if (bytes[0] !== magic) throw new FormatError(`decode: not a frame: the first byte is ${bytes[0]}, not ${magic}`);
  const found = bytes[1]! >>> 5;
  if (found !== version) throw new FormatError(`decode: expected version ${version} of the format, got ${found}`);
  const body = bytes.subarray(0, length - size);
  const view = new DataView(bytes.buffer, bytes.byteOffset + length - size, size);
  const sum = size === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
  if (sum !== (size === 2 ? crc16(body) : crc32(body))) {
    throw new FormatError(`decode: the checksum of ${length} bytes is wrong: they were damaged or cut off`);
  }
  return body;
}

/** Holds lengths against what the receiver expects. */
class Expectation {
  readonly #lengths: readonly number[] | undefined;
  #left: number;

  constructor({ lengths, maxLength = Number.POSITIVE_INFINITY }: DecodeOptions) {
    this.#lengths = lengths;
    this.#left = maxLength;
  }

  checkCount(count: number, reader: ByteReader): void {
    const expected = this.#lengths?.length ?? count;
    if (count !== expected) throw reader.fail(`expected ${expected} messages, got ${count}`);
    // None is shorter than its head, or, in a run, its value.
    if (2 * count > reader.left) throw reader.fail(`${count} messages do not fit into ${reader.left} bytes`);
  }

  checkLength(position: number, length: number, reader: ByteReader): void {
    const expected = this.#lengths?.[position] ?? length;
    if (length !== expected) throw reader.fail(`expected message ${position} of length ${expected}, got ${length}`);
    this.#left -= Math.max(1, length);
    if (this.#left < 0 || length > longestVector) throw reader.fail(`a message of length ${length} is too long`);
  }
}

/**
 * What is in a frame that `encode` made; checked from the first to the last byte. Takes memory in proportion to the bytes and to the lengths that are expected.
 * @throws {FormatError} for anything but a whole and sound frame of what is expected, saying what is wrong with it
 * @throws {OptionError} without one of `lengths` and `maxLength`, and for options that cannot be
 */
export function decode(bytes: Uint8Array, options: DecodeOptions): Frame {
  checkDecodeOptions(bytes, options);
  const reader = new ByteReader(checkedBody(bytes));
  reader.byte();
  const second = reader.byte();
  const short = second & 15;
  const rank = short < longRank ? short : longRank + reader.varint();
  const step = reader.varint();
  const count = second & 16 ? 1 : reader.varint();
  if (count === 1 && !(second & 16)) throw reader.fail('one message is not written as such');
  const expectation = new Expectation(options);
  expectation.checkCount(count, reader);
  const messages: Message[] = [];
  while (messages.length < count) {
    const position = messages.length;
    const head = reader.byte();
    const length = reader.varint();
    const context = { step, position, loose: options.allowNonFinite ?? false, flags: head & 31, length };
    const kind = head >>> 5;
    const records = kind === singlesKind ? readRunLength(reader, context, count - position) : 1;
    for (let i = 0; i < records; i++) expectation.checkLength(position + i, length, reader);
    if (kind !== singlesKind) messages.push(codecNumber(kind).read(reader, context));
    else for (const message of readSingles(reader, context, records)) messages.push(message);
  }
  if (reader.left > 0) throw reader.fail(`${reader.left} bytes after the last message`);
  return { step, rank, messages };
}
