/** The blob with which a late worker begins: the model, and the machine as of the beginning of the same round. */
import { crc32, FormatError } from '@saccade/tensor';
import { ByteReader } from '../wire/byte-reader.js';
import { ByteWriter } from '../wire/byte-writer.js';
import { idBytes, idText } from './ids.js';
import { decodeJoin, encodeJoin } from './join-request.js';
import type { Member, MemberStatus } from './members.js';
import type { MachineSnapshot } from './outcome.js';

const magic = 0x53444753; // "SGDS"
const version = 1;
const statuses: readonly MemberStatus[] = ['present', 'lost', 'joining', 'left'];
const memberBytes = 10; // at least
const head = 9;

/** What a blob holds. */
export interface StoredState {
  readonly snapshot: MachineSnapshot;
  /** Where a reader starts so that it sees all entries behind the snapshot's position. */
  readonly resume: number;
  /** The model. */
  readonly bytes: Uint8Array;
}

/** As bytes: magic 4, version 1, CRC-32 of the rest 4, and the rest. */
export function encodeState({ snapshot, resume, bytes }: StoredState): Uint8Array {
  const writer = new ByteWriter();
  writer.reserve(bytes.length + 1024);
  writer.raw(new Uint8Array(head));
  for (const number of [snapshot.round, snapshot.position, resume, snapshot.owed]) writer.varint(number);
  const request = encodeJoin(snapshot.request);
  writer.varint(request.length);
  writer.raw(request);
  writer.varint(snapshot.members.length);
  for (const { id, status, sequence } of snapshot.members) {
    writer.raw(idBytes(id));
    writer.byte(statuses.indexOf(status));
    writer.varint(sequence);
  }
  writer.raw(bytes);
  const blob = writer.written;
  const view = new DataView(blob.buffer);
  view.setUint32(0, magic, true);
  blob[4] = version;
  view.setUint32(5, crc32(blob.subarray(head)), true);
  return blob;
}

/** The model in it is a copy. @throws {FormatError} for what is no sound blob */
export function decodeState(blob: Uint8Array): StoredState {
  if (blob.length < head) throw new FormatError(`state of a job: expected ${head} bytes at least, got ${blob.length}`);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (view.getUint32(0, true) !== magic) throw new FormatError('state of a job: expected it to begin with SGDS');
  if (blob[4] !== version) throw new FormatError(`state of a job: expected version ${version}, got ${blob[4]}`);
  if (view.getUint32(5, true) !== crc32(blob.subarray(head)))
    throw new FormatError('state of a job: the check sum does not fit');
  return decodeBody(new ByteReader(blob.subarray(head)));
}

function decodeBody(reader: ByteReader): StoredState {
  const round = reader.varint();
  const position = reader.varint();
  const resume = reader.varint();
  const owed = reader.varint();
  const request = decodeJoin(reader.raw(reader.varint()));
  if (request.size === 0) throw new FormatError('state of a job: it had no size yet');
  const count = reader.varint();
  reader.requireLeft(count * memberBytes);
  const members: Member[] = [];
  for (let rank = 0; rank < count; rank++) members.push(readMember(reader));
  return { snapshot: { round, position, owed, request, members }, resume, bytes: reader.raw(reader.left) };
}

function readMember(reader: ByteReader): Member {
  const id = idText(reader.raw(8));
  const status = statuses[reader.byte()];
  if (status === undefined) throw new FormatError('state of a job: a member has no status');
  return { id, status, sequence: reader.varint() };
}
