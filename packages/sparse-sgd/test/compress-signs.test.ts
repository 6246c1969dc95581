import { OptionError, ShapeError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messageVector } from '../src/compress/apply-message.js';
import { majoritySign, signs } from '../src/compress/majority-sign.js';
import type { SignsMessage } from '../src/compress/message.js';
import { oneBit } from '../src/compress/one-bit.js';
import { scaledSign } from '../src/compress/scaled-sign.js';
import { extensions, precisions } from './compress-vectors.js';

/** A message of signs in float64. */
function exact({ bits, negative, positive, length }: SignsMessage): Float64Array {
  return Float64Array.from({ length }, (_, i) => ((bits[i >> 3]! >> (i & 7)) & 1 ? negative : positive));
}

test('bits say which entries are below 0, the lowest first; both zeros are not', () => {
  const { bits } = signs(Float32Array.of(-1, 1, 0, -0, -2, 1, 1, 1, -5));
  assert.equal([...bits], [0b10001, 1]);
});

test('the scaled sign is the mean magnitude, with the sign of each entry', () => {
  assert.equal([...messageVector(scaledSign(Float32Array.of(1, -2, 0, 5)))], [2, -2, 2, 2]);
});

test('one-bit is the mean of the negative entries and that of the others', () => {
  assert.equal([...messageVector(oneBit(Float32Array.of(1, -2, 0, 5, -4)))], [2, -3, 2, 2, -3]);
  assert.equal([...messageVector(oneBit(Float32Array.of(1, 3)))], [2, 2]);
  assert.equal([...messageVector(oneBit(Float32Array.of(-1, -3)))], [-2, -2]);
});

test('zeros give zeros without a sign', () => {
  for (const operator of [scaledSign, oneBit]) {
    const { negative, positive } = operator(Float64Array.of(0, -0, 0));
    assert.ok(Object.is(negative, 0) && Object.is(positive, 0));
    assert.equal([...messageVector(operator(new Float32Array(0)))], []);
  }
});

test('values are of the precision of the vector, and finite where the sum would not be', () => {
  const third = oneBit(Float32Array.of(1, 0, 0)).positive;
  assert.is(third, Math.fround(1 / 3));
  assert.is(scaledSign(Float64Array.of(1, 0, 0)).positive, 1 / 3);
  assert.is(oneBit(Float64Array.of(1.5e308, 1.5e308)).positive, 1.5e308);
  assert.is(scaledSign(Float64Array.of(1.5e308, -1.5e308)).positive, 1.5e308);
});

test('the majority decides, and a tie is 1', () => {
  const votes = [Float32Array.of(1, -1, -1), Float32Array.of(-1, -1, 1), Float32Array.of(-3, 1, 2)].map(signs);
  assert.equal([...majoritySign(votes)], [-1, -1, 1]);
  assert.equal([...majoritySign(votes.slice(0, 2))], [1, -1, 1]);
});

test('refuses what cannot be', () => {
  for (const operator of [scaledSign, oneBit, signs]) {
    assertThrows(() => operator(Float32Array.of(Number.NaN)), OptionError, /entries must be finite, got NaN at 0/);
  }
  assertThrows(() => majoritySign([]), OptionError, /at least one message/);
  assertThrows(() => majoritySign(null as never), OptionError, /majoritySign: expected a list, got null/);
  assertThrows(() => majoritySign([null] as never), OptionError, /majoritySign: expected a message, got null/);
  const powers = { kind: 'powers', length: 1, codes: new Int16Array(1) };
  assertThrows(
    () => majoritySign([powers] as never),
    OptionError,
    /expected messages of signs, got one of kind 'powers'/,
  );
  const votes = [signs(new Float32Array(2)), signs(new Float32Array(3))];
  assertThrows(() => majoritySign(votes), ShapeError, /messages of length 2, got one of 3/);
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded results in ${name}`, () => {
    const x = of(extensions.values('x'));
    assertClose(exact(scaledSign(x)), extensions.values('scaled_sign'), tolerance);
    assertClose(exact(oneBit(x)), extensions.values('onebit'), tolerance);
  });

  test(`gives the recorded majorities in ${name}`, () => {
    const grads = extensions.values('grads');
    const [steps, workers, d] = extensions.shape('grads') as [number, number, number];
    const found: number[] = [];
    for (let t = 0; t < steps; t++) {
      const vectors = Array.from({ length: workers }, (_, w) =>
        of(grads.slice((t * workers + w) * d, (t * workers + w + 1) * d)),
      );
      found.push(...majoritySign(vectors.map(signs)));
    }
    assert.equal(found, extensions.values('majority'));
  });
}

test.run();
