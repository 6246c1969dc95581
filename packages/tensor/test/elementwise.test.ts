/** Elementwise operations: types that meet, broadcasting, odd numbers, choice. */
import { createJsDevice, DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  abs,
  add,
  cast,
  clip,
  div,
  equal,
  exp,
  gelu,
  grad,
  greater,
  isfinite,
  isnan,
  less,
  logicalNot,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  pow,
  relu,
  round,
  scope,
  sign,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, truth, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('two element types meet in the wider one', () => {
  const bytes = tensor(Uint8Array.of(200, 100));
  const [float, int, bool] = [tensor([0.5, 1.5]), whole([1, 2]), truth([1, 0])];
  assertTensor(add(bytes, bytes), [2], [400, 200], 'int32');
  assertTensor(add(bool, bool), [2], [2, 0], 'int32');
  assertTensor(add(int, bytes), [2], [201, 102], 'int32');
  assertTensor(mul(int, float), [2], [0.5, 3], 'float32');
  assertTensor(add(int, 1), [2], [2, 3], 'int32');
  assertTensor(add(int, 0.5), [2], [1.5, 2.5], 'float32');
  assertTensor(add(int, 3e9), [2], [3000000001, 3000000002], 'float32');
  assertTensor(add(bool, 1), [2], [2, 1], 'int32');
  assertTensor(sub(1, float), [2], [0.5, -0.5], 'float32');
});

inScope('division of whole numbers gives floats, remainders take the divisor’s sign', () => {
  assertTensor(div(whole([7, -7, 1]), whole([2, 2, 0])), [3], [3.5, -3.5, Infinity], 'float32');
  assertTensor(mod(whole([7, -7, 7, -7]), whole([3, 3, -3, -3])), [4], [1, 2, -2, -1], 'int32');
  assertTensor(mod(tensor([5.5, -5.5, 5.5]), tensor([2, 2, -2])), [3], [1.5, 0.5, -0.5], 'float32');
  assertTensor(mod(tensor([-1, 1]), 3), [2], [2, 1]);
  assertTensor(pow(whole([2, 3]), whole([3, 2])), [2], [8, 9], 'float32');
});

inScope('shapes broadcast from the last axis, and those that do not are refused by both', () => {
  assertTensor(add(tensor([[1], [2]]), tensor([10, 20, 30])), [2, 3], [11, 21, 31, 12, 22, 32]);
  assertTensor(mul(tensor(3), tensor([1, 2])), [2], [3, 6]);
  assert.equal(add(tensor([[[1, 2]]]), tensor([[1], [2], [3]])).shape, [1, 3, 2]);
  assert.equal(add(tensor([], { shape: [0, 1] }), tensor([1, 2])).shape, [0, 2]);
  assertThrows(
    () => add(tensor([1, 2]), tensor([1, 2, 3])),
    ShapeError,
    /add: shapes \[2\] and \[3\] do not broadcast/,
  );
  assertThrows(() => less(tensor([1, 2]), tensor([1, 2, 3])), ShapeError, /less: shapes \[2\] and \[3\]/);
  assertThrows(() => add(1, 2), OptionError, /add: at least one operand must be a tensor/);
});

inScope('functions of one number keep whole numbers where they can', () => {
  assertTensor(neg(whole([1, -2])), [2], [-1, 2], 'int32');
  assertTensor(abs(tensor(Uint8Array.of(3))), [1], [3], 'int32');
  assertTensor(sign(tensor([-2, 0, 5])), [3], [-1, 0, 1]);
  assertTensor(sqrt(whole([4, 9])), [2], [2, 3], 'float32');
  assertTensor(round(tensor([0.5, 1.5, 2.5, -0.5, -1.5])), [5], [0, 2, 2, -0, -2]);
  assertThrows(() => neg(truth([1])), DTypeError, /neg: expected numbers, got bool/);
  assertThrows(() => gelu(tensor([1]), 'fast' as 'tanh'), OptionError, /gelu: form must be 'exact' or 'tanh'/);
});

inScope('NaN passes through sums, extremes and limits, and equals nothing', () => {
  const x = tensor([Number.NaN, 1, Infinity]);
  assert.equal(values(relu(x)).map(Number.isNaN), [true, false, false]);
  assert.equal(values(maximum(x, 2)).map(Number.isNaN), [true, false, false]);
  assert.equal(values(minimum(2, x)).map(Number.isNaN), [true, false, false]);
  assert.equal(values(clip(x, 0, 1)), [Number.NaN, 1, 1]);
  assertTensor(equal(x, x), [3], [0, 1, 1], 'bool');
  assertTensor(notEqual(x, x), [3], [1, 0, 0], 'bool');
  assertTensor(greater(x, 0), [3], [0, 1, 1], 'bool');
  assertTensor(isnan(x), [3], [1, 0, 0], 'bool');
  assertTensor(isfinite(x), [3], [0, 1, 0], 'bool');
  assertTensor(logicalNot(truth([1, 0])), [2], [0, 1], 'bool');
});

inScope('the larger of equal operands shares its gradient', () => {
  const [a, b] = [tensor([1, 2, 3]), tensor([1, 3, 2])];
  for (const [f, expected] of [
    [maximum, [0.5, 0, 1]],
    [minimum, [0.5, 1, 0]],
  ] as const) {
    // biome-ignore format: pairs
    assertClose(grad((t: Tensor) => sum(f(t, b)))(a).dataSync(), expected);
    assertClose(grad((t: Tensor) => sum(f(b, t)))(a).dataSync(), expected);
  }
});

inScope('clip takes limits that are numbers in order, and whole numbers stay whole', () => {
  assertTensor(clip(whole([-5, 0, 5]), -2, 3), [3], [-2, 0, 3], 'int32');
  assertTensor(grad((t: Tensor) => sum(clip(t, -1, 1)))(tensor([-2, -1, 0, 1, 2])), [5], [0, 1, 1, 1, 0]);
  assertThrows(() => clip(tensor([1]), 2, 1), OptionError, /clip: low must not exceed high, got 2 and 1/);
  assertThrows(() => clip(tensor([1]), Number.NaN, 1), OptionError, /clip: low .* got NaN and 1/);
});

inScope('where chooses between tensors and numbers, all broadcast', () => {
  const c = truth([1, 0], [2, 1]);
  assertTensor(where(c, tensor([1, 2]), tensor([10, 20])), [2, 2], [1, 2, 10, 20]);
  assertTensor(where(truth([1, 0]), 1, 2), [2], [1, 2], 'int32');
  assertTensor(where(truth([1, 0]), 1.5, 2), [2], [1.5, 2], 'float32');
  assertTensor(where(truth([1, 0]), whole([7, 8]), 0.5), [2], [7, 0.5], 'float32');
  assertTensor(where(tensor(Uint8Array.of(2, 0)), tensor([1, 1]), 0), [2], [1, 0]);
  const safe = grad((t: Tensor) => sum(where(greater(t, 0), sqrt(maximum(t, 1e-3)), 0)));
  assertTensor(safe(tensor([4, -1])), [2], [0.25, 0]);
  assertThrows(() => where(tensor([1]), 1, 2), DTypeError, /where: condition must be bool or uint8, got float32/);
  assertThrows(() => where(truth([1, 0]), tensor([1, 2, 3]), 0), ShapeError, /where: shapes \[3\] and \[2\]/);
});

inScope('casts truncate, saturate and know their types', () => {
  assertTensor(cast(tensor([1.9, -1.9, 3e10, Number.NaN]), 'int32'), [4], [1, -1, 2 ** 31 - 1, 0]);
  assertTensor(cast(tensor([-5, 300, 7.9]), 'uint8'), [3], [0, 255, 7], 'uint8');
  assertTensor(cast(tensor([0, 0.5, -2]), 'bool'), [3], [0, 1, 1], 'bool');
  assertTensor(cast(truth([1, 0]), 'float32'), [2], [1, 0], 'float32');
  assertThrows(() => cast(tensor([1]), 'float16' as 'int32'), DTypeError, /cast: dtype must be one of .*, got float16/);
});

onDevices(test, 'float64 keeps all its digits, and meets float32', () => {
  scope(() => {
    const x = tensor([0.1, -2], { dtype: 'float64' });
    assertTensor(x, [2], [0.1, -2], 'float64');
    assertTensor(exp(x), [2], [Math.exp(0.1), Math.exp(-2)], 'float64');
    assertTensor(mul(x, tensor([1, 2])), [2], [0.1, -4], 'float64');
    assertTensor(cast(tensor([1, 0.5]), 'float64'), [2], [1, 0.5], 'float64');
    assertTensor(cast(x, 'float32'), [2], [Math.fround(0.1), -2], 'float32');
    assertTensor(cast(x, 'int32'), [2], [0, -2], 'int32');
  });
});

test('a device without float64 says which has it', () => {
  const device = { ...createJsDevice(), name: 'webgpu' as const, supports: (dtype: string) => dtype !== 'float64' };
  const says = /^tensor: the webgpu device has no float64; init\(\{ device: 'wasm' \}\) has$/;
  assertThrows(() => tensor([1], { dtype: 'float64', device }), DTypeError, says);
});

test.run();
