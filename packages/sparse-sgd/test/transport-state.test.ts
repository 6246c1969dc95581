import { FormatError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeState, encodeState, type StoredState } from '../src/transport/stored-state.js';

const state: StoredState = {
  snapshot: {
    position: 2 ** 40,
    round: 1234,
    owed: 7,
    request: { size: 3, quorum: 2, settings: new Uint8Array([1, 2]) },
    members: [
      { id: '00000000000000a1', status: 'present', sequence: 9 },
      { id: 'ffffffffffffffff', status: 'left', sequence: 2 ** 32 - 1 },
      { id: '0000000000000001', status: 'joining', sequence: 1 },
      { id: '0000000000000002', status: 'lost', sequence: 1 },
    ],
  },
  resume: 2 ** 40 - 3,
  bytes: new Uint8Array([5, 6, 7]),
};

test('a state comes back as it was', () => {
  assert.equal(decodeState(encodeState(state)), state);
});

test('a state with any byte changed, cut off or added is refused', () => {
  const blob = encodeState(state);
  for (let at = 0; at < blob.length; at++) {
    const bad = blob.slice();
    bad[at]! ^= 255;
    assertThrows(() => decodeState(bad), FormatError);
    assertThrows(() => decodeState(blob.subarray(0, at)), FormatError);
  }
  assertThrows(() => decodeState(new Uint8Array([...blob, 0])), FormatError, /check sum/);
});

test('arbitrary bytes are no state', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assertThrows(() => decodeState(bytes), FormatError);
    }),
  );
});

test.run();
