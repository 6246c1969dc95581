import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeEntry, type Entry, encodeEntry, entryHeader } from '../src/transport/entry.js';

const entry: Entry = {
  kind: 'data',
  member: '00ff10203040a0b1',
  sequence: 7,
  round: 300,
  payload: new Uint8Array([1, 2, 3]),
};

test('an entry comes back as it was', () => {
  assert.equal(decodeEntry(encodeEntry(entry)), entry);
  const empty: Entry = { ...entry, kind: 'close', sequence: 2 ** 32 - 1, payload: new Uint8Array() };
  assert.is(encodeEntry(empty).length, entryHeader);
  assert.equal(decodeEntry(encodeEntry(empty)), empty);
});

test('an entry is written where the log wants it', () => {
  const bytes = encodeEntry(entry, (length) => new Uint8Array(new ArrayBuffer(length + 8), 4, length));
  assert.is(bytes.byteOffset, 4);
  assert.equal(decodeEntry(bytes), entry);
});

test('an entry with any bit turned, any byte missing, or a byte too many is none', () => {
  const bytes = encodeEntry(entry);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const bad = bytes.slice();
    bad[bit >> 3]! ^= 1 << (bit & 7);
    assert.is(decodeEntry(bad), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length++) assert.is(decodeEntry(bytes.subarray(0, length)), undefined);
  assert.is(decodeEntry(new Uint8Array([...bytes, 0])), undefined);
});

test('of an entry that never left, all but the check sum is looked at', () => {
  const bytes = encodeEntry(entry);
  bytes[entryHeader]! ^= 255;
  assert.is(decodeEntry(bytes), undefined);
  assert.equal(decodeEntry(bytes, true), { ...entry, payload: new Uint8Array([254, 2, 3]) });
  assert.is(decodeEntry(bytes.subarray(1), true), undefined);
});

test('arbitrary bytes are no entry', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.is(decodeEntry(bytes), undefined);
    }),
  );
});

test.run();
