import { FormatError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FrameCutter } from '../src/transport/frame-cutter.js';
import { decodeFromHub, decodeToHub, encodeFrame } from '../src/transport/hub-frames.js';
import type { FromHub, ToHub } from '../src/transport/hub-messages.js';

const blob = new Uint8Array([9, 8, 7]);
const member = '0123456789abcdef';

const toHub: ToHub[] = [
  { type: 'hello', version: 1, member, job: 'a-b_c' },
  { type: 'append', entry: blob },
  { type: 'read', id: 3, after: 2 ** 52 },
  { type: 'save', id: 4, blob },
  { type: 'load', id: 5 },
  { type: 'end', id: 6, position: 17 },
  { type: 'ping' },
];

const fromHub: FromHub[] = [
  { type: 'welcome', log: member, size: 2 },
  { type: 'appended', sequence: 1, position: 2 },
  { type: 'reading', id: 1, first: 1 },
  { type: 'entry', position: 300, entry: blob },
  { type: 'own', position: 301, sequence: 9 },
  { type: 'done', id: 2 },
  { type: 'loaded', id: 3, blob },
  { type: 'loaded', id: 3, blob: undefined },
  { type: 'loaded', id: 3, blob: new Uint8Array() },
  { type: 'gone' },
  { type: 'refused', why: 'no, ü' },
  { type: 'pong' },
];

/** All frames as they go through the wire. */
function wire(messages: readonly (ToHub | FromHub)[]): Uint8Array {
  return new Uint8Array(messages.flatMap(encodeFrame).flatMap((piece) => [...piece]));
}

test('messages come back as they were, in whatever pieces they arrive', () => {
  for (const size of [1, 2, 7, 1000]) {
    for (const [messages, decode] of [
      [toHub, decodeToHub],
      [fromHub, decodeFromHub],
    ] as const) {
      const bytes = wire(messages);
      const cutter = new FrameCutter(100);
      const back: unknown[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        for (const frame of cutter.push(bytes.subarray(at, at + size))) back.push(decode(frame));
      }
      assert.equal(back, messages);
    }
  }
});

test('a frame that says it is too long is refused before it comes, and one that is announced takes no room', () => {
  assertThrows(
    () => new FrameCutter(100).push(new Uint8Array([101, 0, 0, 0])),
    FormatError,
    /100 bytes at most, got 101/,
  );
  // A cutter that allocated what is announced could not have ten thousand of these.
  const cutters = Array.from({ length: 10_000 }, () => new FrameCutter(2 ** 28));
  for (const cutter of cutters) assert.equal(cutter.push(new Uint8Array([0, 0, 0, 16])), []);
});

test('truncated messages, messages with something behind them and unknown ones are refused', () => {
  assertThrows(() => decodeToHub(new Uint8Array()), FormatError);
  assertThrows(() => decodeToHub(new Uint8Array([99])), FormatError, /no message has the number 99/);
  assertThrows(() => decodeToHub(new Uint8Array([6, 1])), FormatError, /1 bytes too many for ping/);
  assertThrows(() => decodeToHub(new Uint8Array([4, 1, 1])), FormatError, /1 bytes too many for load/);
  assertThrows(() => decodeToHub(new Uint8Array([0, 1, 2, 3])), FormatError);
});

test('arbitrary bytes are messages or a FormatError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      for (const decode of [decodeToHub, decodeFromHub]) {
        try {
          decode(bytes);
        } catch (error) {
          assert.instance(error, FormatError);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test.run();
