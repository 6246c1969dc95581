/**
 * A frame: what one worker says in one round, in bytes.
 *
 * ```
 * 0xd7                                  magic
 * version (3 bits) one (1) rank (4)     rank 15: the rank less 15 follows as a varint
 * step                                  varint
 * number of messages                    varint; left out if `one` is set: then there is one
 * messages
 * checksum                              CRC-16 of all before if that is shorter than 64 bytes, else CRC-32
 * ```
 *
 * All is little-endian, bits are highest first, varints are LEB128. A message is kind (3 bits) and flags (5), its length as a varint, and
 * what its kind has: see the codecs.
 *
 * Sparse messages of one entry each that follow one another, of the same length and type of values, are one record instead, a run. Each
 * counts in the number of messages.
 *
 * ```
 * 7 (3 bits) 0 (3) type of values (2)
 * length                                varint
 * n                                     varint, from 2
 * n positions                           ceil(log2 length) bits each, bit after bit; then 0 bits up to a whole byte
 * n values
 * ```
 *
 * Frames are not canonical: `encode` makes one of the same messages, but `decode` also takes others that say the same, such as with a step
 * or a bucket written where its flag could be left out.
 */
import type { Message } from '../compress/message.js';
import { powersCodec, signsCodec } from './bit-codecs.js';
import { levelsCodec } from './levels-codec.js';
import { type MessageCodec, messageKinds } from './message-codec.js';
import { sparseCodec } from './sparse-codec.js';
import { denseCodec, factorCodec, seededCodec } from './vector-codecs.js';

/** Who says it, and when. */
export interface FrameHeader {
  /** Step of the training, from 0. Default: 0. */
  readonly step?: number | undefined;
  /** Number of the worker, from 0. Default: 0. */
  readonly rank?: number | undefined;
}

/** What was in a frame. */
export interface Frame {
  readonly step: number;
  readonly rank: number;
  readonly messages: readonly Message[];
}

/** The first byte. */
export const magic = 0xd7;

/** The version of the format. */
export const version = 1;

/** Ranks from here on are written after the second byte. */
export const longRank = 15;

/** The greatest length of a vector: positions are int32. */
export const longestVector: number = 2 ** 31 - 1;

/** Frames shorter than this, without the checksum, have a short one. */
export const shortFrame = 64;

const codecs = {
  sparse: sparseCodec,
  seeded: seededCodec,
  dense: denseCodec,
  levels: levelsCodec,
  signs: signsCodec,
  powers: powersCodec,
  factor: factorCodec,
};

/** The codec of a kind of message. */
export function codecOf(kind: Message['kind']): MessageCodec<Message> {
  return codecs[kind] as MessageCodec<Message>;
}

/** The codec of a kind by its number on the wire, from 0 to 6: 7 is a run. */
export function codecNumber(kind: number): MessageCodec<Message> {
  return codecOf(messageKinds[kind]!);
}
