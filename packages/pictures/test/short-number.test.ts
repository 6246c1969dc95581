/** Numbers in few letters. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { quantity, shortNumber } from '../src/short-number.js';

test('numbers in few letters', () => {
  for (const [value, text] of [
    [0, '0'],
    [0.12098, '0.121'],
    [999.6, '1 k'],
    [1500, '1.5 k'],
    [32_000_000, '32 M'],
    [1e9, '1 G'],
    [-2500, '-2.5 k'],
    [3e-7, '3e-7'],
    [1.25e21, '1.25e21'],
  ] as const) {
    assert.is(shortNumber(value), text);
  }
  assert.is(shortNumber(0.120981, 5), '0.12098');
});

test('quantities have their unit behind the letter for thousands', () => {
  assert.equal(
    [0, 200, 1536, 2e6, 3e-7].map((value) => quantity(value, 'B')),
    ['0 B', '200 B', '1.54 kB', '2 MB', '3e-7 B'],
  );
});

test.run();
