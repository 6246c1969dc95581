import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../src/compress/half-precision.js';
import { requireValueType, roundedContraction, roundValues } from '../src/compress/round-values.js';

/** What the fields of a format with so many bits of exponent and fraction say, by the definition. */
function meaningOf(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const formats = [
  { name: 'float16', to: toFloat16, from: fromFloat16, exponent: 5, fraction: 10 },
  { name: 'bfloat16', to: toBfloat16, from: fromBfloat16, exponent: 8, fraction: 7 },
] as const;

for (const { name, to, from, exponent, fraction } of formats) {
  test(`all 65536 codes of ${name} mean what their fields say, and round to themselves`, () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = from(bits);
      assert.ok(Object.is(value, meaningOf(bits, exponent, fraction)), `${bits}: ${value}`);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(from(to(value))));
      else assert.is(to(value), bits);
    }
  });

  test(`between neighbours ${name} rounds to the nearest, and in the middle to the even one`, () => {
    const infinite = (2 ** exponent - 1) * 2 ** fraction;
    for (let bits = 0; bits < infinite; bits++) {
      // Above the largest number is where the next would be.
      const above = bits + 1 === infinite ? 2 * from(bits) - from(bits - 1) : from(bits + 1);
      const middle = (from(bits) + above) / 2;
      // Half of the smallest bfloat16 is no float32 away from 0 where float32 ends.
      const nudge = Math.max(middle * 2 ** -23, 2 ** -149);
      assert.is(to(middle), bits + (bits & 1), `middle above ${bits}`);
      assert.is(to(middle - nudge), bits, `below the middle above ${bits}`);
      assert.is(to(middle + nudge), bits + 1, `over the middle above ${bits}`);
      assert.is(to(-middle), 0x8000 | (bits + (bits & 1)));
    }
  });

  test(`${name} keeps NaN, infinities and the sign of zero`, () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0]) {
      assert.ok(Object.is(from(to(value)), value));
    }
    assert.is(from(to(1e300)), Number.POSITIVE_INFINITY);
  });
}

test('a NaN with any payload stays NaN', () => {
  const words = Uint32Array.of(0x7f800001, 0x7fffffff, 0xff800001);
  for (const value of new Float32Array(words.buffer)) {
    assert.ok(Number.isNaN(fromFloat16(toFloat16(value))) && Number.isNaN(fromBfloat16(toBfloat16(value))));
  }
});

test('values are rounded into a new vector, cut at the largest number of the type, without -0', () => {
  const values = Float32Array.of(1 + 2 ** -12, 1e6, -1e6, -1e-10, 3.4e38);
  assert.equal([...roundValues(values, 'float16')], [1, 65504, -65504, 0, 65504]);
  const large = roundValues(values, 'bfloat16');
  assert.is(large[4], (2 - 2 ** -7) * 2 ** 127);
  assert.ok(Object.is(roundValues(Float32Array.of(-1e-10), 'float16')[0], 0));
  assert.is(roundValues(Float64Array.of(1e300), 'float32')[0], (2 - 2 ** -23) * 2 ** 127);
  assert.is(roundValues(values, undefined), values);
  assert.is(roundValues(values, 'float32'), values);
  assert.instance(roundValues(Float64Array.of(1), 'float32'), Float32Array);
});

test('a contraction loses the square of the rounding', () => {
  assert.is(roundedContraction(0.5, undefined), 0.5);
  assert.is(roundedContraction(0.5, 'float16'), 0.5 * (1 - 2 ** -22));
});

test('refuses types that there are not', () => {
  assertThrows(
    () => requireValueType('op', 'float8' as never),
    OptionError,
    /op: values must be one of float32, float16/,
  );
  assertThrows(() => requireValueType('op', 'toString' as never), OptionError, /values must be one of/);
});

test.run();
