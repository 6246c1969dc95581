import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countText, powerOfTen, short } from '../../src/cli/number-text.js';

test('numbers have three digits, and what is not defined has none', () => {
  assert.equal([0.123456, 12345, 1e-4, 0, Number.NaN, undefined].map(short), [
    '0.123',
    '1.23e+4',
    '1.00e-4',
    '0.00',
    '-',
    '-',
  ]);
});

test('powers of ten are told far beyond the range of numbers', () => {
  const cases: readonly (readonly [log: number, text: string])[] = [
    [Number.NEGATIVE_INFINITY, '0'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NaN, '-'],
    [0, '1.00'],
    [-2, '0.0100'],
    [3, '1.00e+3'],
    [-5.5, '3.16e-6'],
    [-191867 + Math.log10(1.99), '1.99e-191867'],
    [6 - 1e-9, '1.00e+6'],
    [1.23e15, '10^1.23e+15'],
    [-1.23e30, '10^-1.23e+30'],
  ];
  for (const [log, text] of cases) assert.is(powerOfTen(log), text, `${log}`);
});

test('powers of ten that numbers reach are what numbers say', () => {
  fc.assert(
    fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (log) => {
      const told = Number(powerOfTen(log));
      assert.ok(Math.abs(told / 10 ** log - 1) < 0.006, `${log}: ${told}`);
    }),
  );
});

test('counts are whole up to nine digits', () => {
  assert.equal([0n, 987654321n, 1234567891n, 13n ** 12n, 10n ** 400n].map(countText), [
    '0',
    '987654321',
    '1.23e+9',
    '2.33e+13',
    '1.00e+400',
  ]);
});

test.run();
