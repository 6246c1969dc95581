/** Entries in parts, for logs whose messages have a largest size: cut by the writer, put together by every reader alike. */
import { ByteReader } from '../wire/byte-reader.js';
import { ByteWriter } from '../wire/byte-writer.js';
import { decodeEntry, type Entry, encodeEntry, entryHeader, largestEntry } from './entry.js';
import type { LogEntry } from './log.js';

/** What a part takes beside its bytes, at most. */
export const chunkOverhead: number = entryHeader + 16;
/** Bytes of log after which an entry that is not complete yet is given up. */
const window = 2 * largestEntry;

/** The entry itself if it fits into `largest` bytes, else `chunk` entries of the same member and sequence that do. */
export function splitEntry(bytes: Uint8Array, largest: number): Uint8Array[] {
  if (bytes.length <= largest) return [bytes];
  const { member, sequence, round } = decodeEntry(bytes)!;
  const step = largest - chunkOverhead;
  const count = Math.ceil(bytes.length / step);
  return Array.from({ length: count }, (_, index) => {
    const writer = new ByteWriter();
    writer.reserve(step + 16);
    writer.varint(index);
    writer.varint(count);
    writer.raw(bytes.subarray(index * step, (index + 1) * step));
    return encodeEntry({ kind: 'chunk', member, sequence, round, payload: writer.written });
  });
}

interface Parts {
  readonly sequence: number;
  readonly count: number;
  readonly first: number;
  readonly begin: number;
  readonly pieces: Map<number, Uint8Array>;
  length: number;
}

/** Puts parts together. What it gives depends on the log alone, and on nothing before the first part of what is not complete. */
export class ChunkJoiner {
  readonly #parts = new Map<string, Parts>();
  /** Sequence of each member's last entry that came in parts. */
  readonly #done = new Map<string, number>();
  #bytes = 0;

  /** The entry that is complete with this message, at this position; undefined if it is a part and others are missing. */
  push(position: number, bytes: Uint8Array): LogEntry | undefined {
    this.#bytes += bytes.length;
    for (const [member, parts] of this.#parts) if (parts.begin < this.#bytes - window) this.#parts.delete(member);
    const entry = bytes[9] === 6 ? decodeEntry(bytes) : undefined;
    const whole = entry?.kind === 'chunk' ? this.#add(position, entry) : bytes;
    if (whole === undefined) return undefined;
    let resume = position;
    for (const { first } of this.#parts.values()) resume = Math.min(resume, first - 1);
    return { position, resume, bytes: whole };
  }

  #add(position: number, { member, sequence, payload }: Entry): Uint8Array | undefined {
    const part = readPart(payload);
    if (part === undefined || sequence <= (this.#done.get(member) ?? 0)) return undefined;
    let parts = this.#parts.get(member);
    if (parts === undefined || sequence > parts.sequence) {
      const { count } = part;
      parts = { sequence, count, first: position, begin: this.#bytes - payload.length, pieces: new Map(), length: 0 };
      this.#parts.set(member, parts);
    }
    if (sequence < parts.sequence || part.count !== parts.count || parts.pieces.has(part.index)) return undefined;
    parts.pieces.set(part.index, part.piece);
    parts.length += part.piece.length;
    if (parts.length > largestEntry) this.#parts.delete(member);
    else if (parts.pieces.size === parts.count) {
      this.#parts.delete(member);
      this.#done.set(member, sequence);
      return joined(parts);
    }
    return undefined;
  }
}

function readPart(payload: Uint8Array): { index: number; count: number; piece: Uint8Array } | undefined {
  try {
    const reader = new ByteReader(payload);
    const index = reader.varint();
    const count = reader.varint();
    return index < count ? { index, count, piece: payload.subarray(payload.length - reader.left) } : undefined;
  } catch {
    return undefined;
  }
}

function joined({ pieces, count, length }: Parts): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const piece = pieces.get(index)!;
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
