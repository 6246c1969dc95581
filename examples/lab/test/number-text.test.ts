import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { barText, measuredText, numberText, secondsText, withUnit } from '../src/number-text.js';

test('numbers have four digits, and all their whole ones', () => {
  assert.equal(
    [0, 1, 98.254, 0.123456, 12345.6, -2.5].map((n) => numberText(n)),
    ['0', '1', '98.25', '0.1235', '12,346', '-2.5'],
  );
  assert.equal(
    [1e-5, 2.4e-7, 3e12].map((n) => numberText(n)),
    ['1e-5', '2.4e-7', '3e12'],
  );
});

test('what is no number is shown as such', () => {
  assert.equal(
    [Number.NaN, Number.POSITIVE_INFINITY, -1 / 0].map((n) => numberText(n)),
    ['NaN', '∞', '-∞'],
  );
});

test('units and bars', () => {
  assert.equal(
    [withUnit('98', '%'), withUnit('1.4', 'x'), withUnit('3'), withUnit('3', 'ms')],
    ['98 %', '1.4×', '3', '3 ms'],
  );
  assert.equal([barText({ atLeast: 97 }, '%'), barText({ atMost: 0.5 })], ['≥ 97 %', '≤ 0.5']);
});

test('a number just below its bar does not look like the bar', () => {
  assert.is(measuredText(96.9996, { atLeast: 97 }, '%'), '96.9996 %');
  assert.is(measuredText(97, { atLeast: 97 }, '%'), '97 %');
});

test('durations', () => {
  assert.equal([0.321, 9.999, 12.34, 99.96, 200].map(secondsText), [
    '0.32 s',
    '10.0 s',
    '12.3 s',
    '1 min 40 s',
    '3 min 20 s',
  ]);
});

test.run();
