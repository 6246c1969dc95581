import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';

test('assertClose accepts equal values, NaN for NaN, an infinity for itself and 0 for -0', () => {
  assertClose([1, Number.NaN, Number.POSITIVE_INFINITY, 0], [1, Number.NaN, Number.POSITIVE_INFINITY, -0]);
  assertClose(1 + 1e-9, 1);
});

test('assertClose names the first difference and the largest', () => {
  assertThrows(
    () => assertClose([0, 1.5, 5], [0, 1, 2], { rtol: 1e-3, atol: 0 }, 'sum'),
    Error,
    /sum: 2 of 3 differ.*first at \[1\]: got 1.5, expected 1;.*3.000e\+0 at \[2\]/,
  );
});

test('assertClose refuses NaN for a number, a number for an infinity, and another length', () => {
  assertThrows(() => assertClose([Number.NaN], [1]), Error, /1 of 1 differ/);
  assertThrows(() => assertClose([1], [Number.NaN]), Error, /1 of 1 differ/);
  assertThrows(() => assertClose([1e30], [Number.POSITIVE_INFINITY]), Error, /1 of 1 differ/);
  assertThrows(() => assertClose([1], [1, 2]), Error, /length 1, expected 2/);
});

test.run();
