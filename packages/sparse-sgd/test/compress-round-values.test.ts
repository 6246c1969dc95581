import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { requireValueType, roundedContraction, roundValues } from '../src/compress/round-values.js';

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

test('float64 values are rounded once, not by way of float32', () => {
  // A little over the middle between two numbers of the type; as float32 the middle itself, which goes to the even one.
  assert.is(roundValues(Float64Array.of(1 + 2 ** -11 + 2 ** -30), 'float16')[0], 1 + 2 ** -10);
  assert.is(roundValues(Float64Array.of(1 + 2 ** -8 + 2 ** -30), 'bfloat16')[0], 1 + 2 ** -7);
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
