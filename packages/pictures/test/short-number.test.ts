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
    [9.994e17, '999 P'],
    [9.9999e17, '1e18'],
    [-9.9999e17, '-1e18'],
    [9.9999e-5, '0.0001'],
    [Number.MAX_VALUE, '1.8e308'],
    [Number.NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ] as const) {
    assert.is(shortNumber(value), text);
  }
  assert.is(shortNumber(0.120981, 5), '0.12098');
  assert.is(shortNumber(999_999_999_999_999_900, 17), '999.9999999999999 P');
});

test('quantities have their unit behind the letter for thousands', () => {
  assert.equal(
    [0, 200, 1536, 2e6, 3e-7].map((value) => quantity(value, 'B')),
    ['0 B', '200 B', '1.54 kB', '2 MB', '3e-7 B'],
  );
});

test.run();
