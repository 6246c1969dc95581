/** The handwritten digits. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digits8x8 } from '../src/data/digits-8x8.js';
import { Golden } from './golden.js';

test('the digits and labels are those of the reference', () => {
  const golden = new Golden('data_digits');
  const { pixels, labels } = digits8x8();
  assert.equal([...labels], golden.values('digits_labels'));
  assert.equal([...pixels], golden.values('digits8x8'));
});

test('they are unpacked once', () => {
  assert.is(digits8x8(), digits8x8());
});

test.run();
