/** The messages between hub and members as bytes: a number for the type, then the fields. */
import { FormatError } from '@saccade/tensor';
import { ByteReader } from '../wire/byte-reader.js';
import { ByteWriter } from '../wire/byte-writer.js';
import { largestEntry } from './entry.js';
import type { FromHub, ToHub } from './hub-messages.js';
import { idBytes, idText } from './ids.js';

/** Largest frame that anybody takes: the largest entry, and what is around it. */
export const largestFrame: number = largestEntry + 64;

/** `bytes`, `text` and `maybe` (nothing, or bytes) take all that is left, so they come last. */
type FieldKind = 'number' | 'id' | 'bytes' | 'text' | 'maybe';

interface Layout {
  readonly type: string;
  readonly fields: readonly (readonly [name: string, kind: FieldKind])[];
}

const toHub: readonly Layout[] = [
  layout('hello', 'version:number member:id job:text'),
  layout('append', 'entry:bytes'),
  layout('read', 'id:number after:number'),
  layout('save', 'id:number blob:bytes'),
  layout('load', 'id:number'),
  layout('end', 'id:number position:number'),
  layout('ping', ''),
];

const fromHub: readonly Layout[] = [
  layout('welcome', 'log:id size:number'),
  layout('appended', 'sequence:number position:number'),
  layout('reading', 'id:number first:number'),
  layout('entry', 'position:number entry:bytes'),
  layout('own', 'position:number sequence:number'),
  layout('done', 'id:number'),
  layout('loaded', 'id:number blob:maybe'),
  layout('gone', ''),
  layout('refused', 'why:text'),
  layout('pong', ''),
];

function layout(type: string, fields: string): Layout {
  const pairs = fields.split(' ').filter((field) => field !== '');
  return { type, fields: pairs.map((field) => field.split(':') as [string, FieldKind]) };
}

/** A frame in up to two pieces, so that large bytes are not copied: length of the rest (4 bytes), type, fields; then the bytes. */
export function encodeFrame(message: ToHub | FromHub): Uint8Array[] {
  const layouts = toHub.some(({ type }) => type === message.type) ? toHub : fromHub;
  const number = layouts.findIndex(({ type }) => type === message.type);
  const head = new ByteWriter();
  head.raw(new Uint8Array(4));
  head.byte(number);
  let body: Uint8Array = new Uint8Array();
  for (const [name, kind] of layouts[number]!.fields) {
    const value = (message as unknown as Record<string, unknown>)[name];
    if (kind === 'number') head.varint(value as number);
    else if (kind === 'id') head.raw(idBytes(value as string));
    else if (kind === 'text') body = new TextEncoder().encode(value as string);
    else {
      if (kind === 'maybe') head.byte(value === undefined ? 0 : 1);
      body = (value as Uint8Array | undefined) ?? body;
    }
  }
  const first = head.written;
  new DataView(first.buffer).setUint32(0, first.length - 4 + body.length, true);
  return body.length > 0 ? [first, body] : [first];
}

/** A frame of a member without its length. @throws {FormatError} for what is none */
export function decodeToHub(frame: Uint8Array): ToHub {
  return decode(toHub, frame) as unknown as ToHub;
}

/** A frame of a hub without its length. @throws {FormatError} for what is none */
export function decodeFromHub(frame: Uint8Array): FromHub {
  return decode(fromHub, frame) as unknown as FromHub;
}

function decode(layouts: readonly Layout[], frame: Uint8Array): Record<string, unknown> {
  const reader = new ByteReader(frame);
  const found = layouts[reader.byte()];
  if (found === undefined) throw new FormatError(`frame: no message has the number ${frame[0]}`);
  const message: Record<string, unknown> = { type: found.type };
  let rest = false;
  for (const [name, kind] of found.fields) {
    const there = kind !== 'maybe' || reader.byte() > 0;
    if (kind === 'number') message[name] = reader.varint();
    else if (kind === 'id') message[name] = idText(reader.raw(8));
    else {
      rest = there;
      const bytes = frame.subarray(frame.length - reader.left);
      message[name] = kind === 'text' ? new TextDecoder().decode(bytes) : there ? bytes : undefined;
    }
  }
  if (!rest && reader.left > 0) throw new FormatError(`frame: ${reader.left} bytes too many for ${found.type}`);
  return message;
}
