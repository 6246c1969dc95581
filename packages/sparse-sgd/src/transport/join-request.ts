/** What a worker asks for when it joins, and the settings that the first one gives to all. */
import { FormatError } from '@saccade/tensor';
import { ByteReader } from '../wire/byte-reader.js';
import { ByteWriter } from '../wire/byte-writer.js';

/** What a member says of the job when it joins; of the first one that knows the size it holds for all. */
export interface JoinRequest {
  /** How many workers the job begins with; 0: whatever others say. */
  readonly size: number;
  /** How many messages a round needs to be closed without the others. */
  readonly quorum: number;
  readonly settings: Uint8Array;
}

/** Most workers that a job can begin with. */
export const largestJob = 65535;

/** The payload of a `join`. */
export function encodeJoin(request: JoinRequest): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(request.size);
  writer.varint(request.quorum);
  writer.raw(request.settings);
  return writer.written;
}

/** Settings are a copy. @throws {FormatError} for what is none */
export function decodeJoin(payload: Uint8Array): JoinRequest {
  const reader = new ByteReader(payload);
  const size = reader.varint();
  const quorum = reader.varint();
  if (size > largestJob || quorum > size) throw new FormatError(`join: ${quorum} of ${size} workers make no job`);
  if (size > 0 && quorum === 0) throw new FormatError('join: a round needs one message at least');
  return { size, quorum, settings: reader.raw(reader.left) };
}
