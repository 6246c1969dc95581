/** One entry of a job's log as bytes: a header of 32 bytes with a check sum, and a payload. */
import { crc32 } from '@saccade/tensor';
import { idBytes, idText } from './ids.js';

const magic = 0x4c444753; // "SGDL"
const version = 1;

/** Length of the header: magic 4, CRC-32 of all behind it 4, version 1, kind 1, zero 2, member 8, sequence 4, round 4, payload length 4. */
export const entryHeader = 32;
const summed = 8;

/** Largest entry that anybody takes, in bytes. */
export const largestEntry: number = 256 * 2 ** 20;

const kinds = ['join', 'data', 'close', 'leave', 'lost', 'state', 'chunk'] as const;

/**
 * What an entry says. join: I want to take part; the payload is a `JoinRequest`. data: my message of the round. close: I waited long
 * enough, let the round be over. leave: do not wait for me any more. lost: the hub no longer hears from that member.
 * state: the model as of the round is laid down. chunk: a part of an entry that the log cannot hold in one piece.
 */
export type EntryKind = (typeof kinds)[number];

/** An entry, taken apart. */
export interface Entry {
  readonly kind: EntryKind;
  /** Id of whose it is; in `lost`, of whom it is about. */
  readonly member: string;
  /** Counts what a member appends, from 1, so that repetitions are told. */
  readonly sequence: number;
  readonly round: number;
  readonly payload: Uint8Array;
}

/** The bytes of an entry, in memory that `allocate` gives. */
export function encodeEntry(
  entry: Entry,
  allocate = (length: number): Uint8Array => new Uint8Array(length),
): Uint8Array {
  const bytes = allocate(entryHeader + entry.payload.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, magic, true);
  bytes[8] = version;
  bytes[9] = kinds.indexOf(entry.kind);
  bytes.set(idBytes(entry.member), 12);
  view.setUint32(20, entry.sequence, true);
  view.setUint32(24, entry.round, true);
  view.setUint32(28, entry.payload.length, true);
  bytes.set(entry.payload, entryHeader);
  view.setUint32(4, crc32(bytes.subarray(summed)), true);
  return bytes;
}

/**
 * The entry, its payload a view of the bytes; undefined if these are not exactly one sound entry.
 * @param own whether the bytes were made here and never left, so that the check sum need not be looked at
 */
export function decodeEntry(bytes: Uint8Array, own = false): Entry | undefined {
  if (bytes.length < entryHeader || bytes.length > largestEntry) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = kinds[bytes[9]!];
  if (view.getUint32(0, true) !== magic || bytes[8] !== version || kind === undefined) return undefined;
  if (view.getUint16(10, true) !== 0 || view.getUint32(28, true) !== bytes.length - entryHeader) return undefined;
  if (!own && view.getUint32(4, true) !== crc32(bytes.subarray(summed))) return undefined;
  return {
    kind,
    member: idText(bytes.subarray(12, 20)),
    sequence: view.getUint32(20, true),
    round: view.getUint32(24, true),
    payload: bytes.subarray(entryHeader),
  };
}
