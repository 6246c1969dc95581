/** Frames byte by byte, as the tests of reading them need: good and bad ones with a right checksum. */
import { crc32 } from '@saccade/tensor';
import { crc16 } from '../src/wire/crc16.js';

/** Bytes before the checksum, with one that is right. */
export function sealed(body: Uint8Array): Uint8Array {
  const short = body.length < 64;
  const bytes = new Uint8Array(body.length + (short ? 2 : 4));
  bytes.set(body);
  const view = new DataView(bytes.buffer);
  if (short) view.setUint16(body.length, crc16(body), true);
  else view.setUint32(body.length, crc32(body), true);
  return bytes;
}

/** A frame of these bytes, but the first. */
export const frame = (...bytes: number[]): Uint8Array => sealed(Uint8Array.of(0xd7, ...bytes));
/** The second byte of a frame of version 1, one message and rank 0. */
export const one = 0b001_1_0000;
