import { OptionError, ShapeError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyMessage, messageVector } from '../src/compress/apply-message.js';
import type { Message } from '../src/compress/message.js';
import { seededIndices } from '../src/compress/random-positions.js';
import { spread } from './compress-vectors.js';

const values = Float64Array.of(0.1, -2);
const seeded = { seed: 3, step: 1, stream: 2 };

/** One message of each kind, and the vector that it stands for. */
const cases: readonly { message: Message; vector: Float64Array }[] = [
  {
    message: { kind: 'sparse', length: 4, indices: Int32Array.of(1, 3), values },
    vector: Float64Array.of(0, 0.1, 0, -2),
  },
  {
    message: { kind: 'seeded', length: 9, ...seeded, values },
    vector: spread({ indices: seededIndices(9, 2, 3, 1, 2), values }, 9) as Float64Array,
  },
  { message: { kind: 'dense', length: 2, values }, vector: values },
  { message: { kind: 'factor', length: 2, rank: 2, values }, vector: values },
  {
    message: {
      kind: 'levels',
      length: 3,
      s: 4,
      bucket: 2,
      norms: Float64Array.of(0.1, 6),
      levels: Int16Array.of(4, -2, 1),
    },
    vector: Float64Array.of(0.1, -0.05, 1.5),
  },
  {
    message: { kind: 'signs', length: 9, bits: Uint8Array.of(0b101, 1), negative: -0.5, positive: 0.25 },
    vector: Float64Array.of(-0.5, 0.25, -0.5, 0.25, 0.25, 0.25, 0.25, 0.25, -0.5),
  },
  {
    message: { kind: 'powers', length: 4, codes: Int16Array.of(0, 256, -253, 107) },
    vector: Float64Array.of(0, 1, -(2 ** -3), 2 ** -149),
  },
];

for (const { message, vector } of cases) {
  test(`a ${message.kind} message is added to a vector, times a factor`, () => {
    const target = new Float64Array(message.length).fill(1);
    applyMessage(message, target, -2);
    assertClose(
      target,
      vector.map((value) => 1 - 2 * value),
      { rtol: 1e-15, atol: 1e-15 },
    );
    assertClose(messageVector(message), vector, { rtol: 1e-15, atol: 0 });
  });

  test(`a ${message.kind} message does not fit a vector of another length`, () => {
    assertThrows(
      () => applyMessage(message, new Float32Array(message.length + 1)),
      ShapeError,
      /expected a target of length/,
    );
  });
}

const noMessages: readonly [unknown, RegExp][] = [
  [undefined, /: expected a message, got undefined/],
  [{ kind: 'toString', length: 2 }, /: there is no kind of messages "toString"/],
  [{ length: 2, values }, /: there is no kind of messages undefined/],
];

for (const [message, text] of noMessages) {
  test(`${JSON.stringify(message)} is no message`, () => {
    assertThrows(
      () => applyMessage(message as Message, new Float32Array(2)),
      OptionError,
      new RegExp(`applyMessage${text.source}`),
    );
    assertThrows(() => messageVector(message as Message), OptionError, new RegExp(`messageVector${text.source}`));
  });
}

test('a message is added to nothing but vectors', () => {
  const message: Message = { kind: 'dense', length: 2, values };
  assertThrows(() => applyMessage(message, [0, 0] as never), OptionError, /applyMessage: expected a Float32Array or/);
});

test('levels of a norm at the end of float64 are finite', () => {
  const norms = Float64Array.of(Number.MAX_VALUE);
  for (const s of [1, 3, 16, 32767]) {
    const message: Message = { kind: 'levels', length: 3, s, bucket: 3, norms, levels: Int16Array.of(s, -s, 0) };
    assert.equal([...messageVector(message)], [Number.MAX_VALUE, -Number.MAX_VALUE, 0]);
  }
});

test('the vector has the precision of the values', () => {
  for (const { message } of cases) {
    const single = message.kind === 'signs' || message.kind === 'powers';
    assert.instance(messageVector(message), single ? Float32Array : Float64Array);
  }
});

test.run();
