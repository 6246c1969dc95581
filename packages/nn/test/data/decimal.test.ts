/** Decimal numbers, exactly as JavaScript reads them and nothing else. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDecimal } from '../../src/data/decimal.js';

test('decimal numbers are read, also from the middle of a text', () => {
  assert.is(parseDecimal('-1.5e-3'), -0.0015);
  assert.is(parseDecimal('+7'), 7);
  assert.is(parseDecimal('.5'), 0.5);
  assert.is(parseDecimal('5.'), 5);
  assert.is(parseDecimal('0.1'), 0.1);
  assert.is(parseDecimal('1:22.5:3', 2, 6), 22.5);
  assert.ok(Object.is(parseDecimal('-0'), -0));
});

test('anything else is NaN', () => {
  for (const text of [
    '',
    '-',
    '.',
    '+.',
    '1.2.3',
    '0x10',
    '1_0',
    ' 1',
    '1 ',
    'e5',
    '1e',
    '1e+',
    'NaN',
    'Infinity',
    '١',
    '--1',
  ]) {
    assert.ok(Number.isNaN(parseDecimal(text)), text);
  }
});

test('long junk is refused, and no more than 1024 characters are searched for a number', () => {
  assert.ok(Number.isNaN(parseDecimal(`${'1'.repeat(1_000_000)}x`)));
  assert.ok(Number.isNaN(parseDecimal(`${'1'.repeat(1000)}x`)));
  assert.equal(parseDecimal(`0.5${'0'.repeat(1021)}`), 0.5);
  assert.ok(Number.isNaN(parseDecimal(`0.5${'0'.repeat(1022)}`)));
});

test('every finite number comes back from its text to the last bit', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 12 }),
      (value, digits) => {
        assert.ok(Object.is(parseDecimal(String(value)), value + 0));
        const fixed = (value % 1e6).toFixed(digits);
        assert.ok(Object.is(parseDecimal(fixed), Number(fixed)), fixed);
      },
    ),
    { seed: 7, numRuns: 3000 },
  );
});

test.run();
