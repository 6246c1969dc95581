/** What it takes to write and read one kind of message. */
import type { Message } from '../compress/message.js';
import type { ByteReader } from './byte-reader.js';
import { type ByteWriter, varintBytes } from './byte-writer.js';
import type { IndexCode } from './index-bits.js';

/** The kinds of messages by their number on the wire. */
export const messageKinds = ['sparse', 'seeded', 'dense', 'levels', 'signs', 'powers', 'factor'] as const;

/** Where a message is, and how it is to be written. */
export interface WriteContext {
  readonly step: number;
  /** Number of the message within its frame, from 0. */
  readonly position: number;
  /** Whether numbers of float64 vectors travel as such. */
  readonly double: boolean;
  /** Whether NaN and infinities may travel. */
  readonly loose: boolean;
  readonly indexCode: IndexCode | undefined;
}

/** Where a message is, and what was read of it: the flags of its head, and its length, which is allowed. */
export interface ReadContext {
  readonly step: number;
  readonly position: number;
  readonly loose: boolean;
  readonly flags: number;
  readonly length: number;
}

/** One kind of message. */
export interface MessageCodec<M extends Message> {
  /** Bytes of what `write` writes. */
  bytes(message: M, context: WriteContext): number;
  /** Writes the head, then the rest. */
  write(writer: ByteWriter, message: M, context: WriteContext): void;
  /** Reads the rest. */
  read(reader: ByteReader, context: ReadContext): M;
}

/** Begins a message: kind and flags in one byte, the kind in the upper 3 bits; length. */
export function writeHead(writer: ByteWriter, { kind, length }: Message, flags: number): void {
  writer.byte((messageKinds.indexOf(kind) << 5) | flags);
  writer.varint(length);
}

/** Bytes of a message's head. */
export function headBytes(length: number): number {
  return 1 + varintBytes(length);
}
