/** The handwritten digits. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digits8x8 } from '../../src/data/digits-8x8.js';
import { Vectors } from '../reference.js';

test('the digits and labels are those of the reference', () => {
  const golden = new Vectors('digits.safetensors');
  const { pixels, labels } = digits8x8();
  for (const [name, values] of [
    ['digits8x8', pixels],
    ['digits_labels', labels],
  ] as const) {
    const expected = golden.get(name);
    assert.is(expected.dtype, 'uint8');
    assert.equal(values, expected.dataSync());
    expected.dispose();
  }
});

test('they are unpacked once', () => {
  assert.is(digits8x8(), digits8x8());
});

test.run();
