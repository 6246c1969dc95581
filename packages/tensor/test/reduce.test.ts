/** Folds over axes: element types, odd numbers, empty axes, gradients of ties, bad axes. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  all,
  any,
  argmax,
  argmin,
  cumsum,
  grad,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  scope,
  std,
  sum,
  type Tensor,
  tensor,
  variance,
  zeros,
} from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('whole numbers and truth values are counted in int32, means are floats', () => {
  assertTensor(sum(truth([1, 0, 1])), [], [2], 'int32');
  assertTensor(sum(tensor(Uint8Array.of(200, 100))), [], [300], 'int32');
  assertTensor(prod(tensor(Uint8Array.of(20, 20))), [], [400], 'int32');
  assertTensor(max(tensor(Uint8Array.of(2, 200))), [], [200], 'uint8');
  assertTensor(min(whole([-3, 4])), [], [-3], 'int32');
  assertTensor(max(truth([0, 1, 0])), [], [1], 'bool');
  assertTensor(mean(whole([1, 2])), [], [1.5], 'float32');
  assertTensor(mean(truth([1, 0, 1, 1])), [], [0.75], 'float32');
});

inScope('of nothing, each fold gives its neutral element', () => {
  const x = zeros([2, 0]);
  assertTensor(sum(x, { axis: 1 }), [2], [0, 0]);
  assertTensor(prod(x, { axis: 1 }), [2], [1, 1]);
  assertTensor(max(x, { axis: 1 }), [2], [-Infinity, -Infinity]);
  assertTensor(min(x, { axis: 1 }), [2], [Infinity, Infinity]);
  assertTensor(logSumExp(x, { axis: 1 }), [2], [-Infinity, -Infinity]);
  assert.ok(values(mean(x, { axis: 1 })).every(Number.isNaN));
  assertThrows(() => max(zeros([2, 0], { dtype: 'int32' }), { axis: 1 }), ShapeError, /max: nothing to compare/);
  assertThrows(() => argmax(x, { axis: 1 }), ShapeError, /argmax: axis 1 of \[2, 0\] is empty/);
});

inScope('NaN wins extremes, infinities do not overflow logSumExp', () => {
  const x = tensor([1, Number.NaN, 3]);
  assert.ok(Number.isNaN(max(x).item()) && Number.isNaN(min(x).item()));
  assert.is(argmax(x).item(), 1);
  assert.is(argmin(x).item(), 1);
  assertClose(logSumExp(tensor([1000, 1000])).item(), 1000 + Math.LN2);
  assert.is(logSumExp(tensor([-Infinity, -Infinity])).item(), -Infinity);
  assertTensor(grad((t: Tensor) => logSumExp(t))(tensor([-Infinity, 0])), [2], [0, 1]);
  const none = grad((t: Tensor) => logSumExp(t, { axis: 1 }).at(1));
  assertTensor(none(tensor([[-Infinity, -Infinity], [0, -Infinity]])), [2, 2], [0, 0, 1, 0]); // biome-ignore format: rows
});

inScope('ties share the gradient of an extreme', () => {
  assertTensor(grad((t: Tensor) => max(t))(tensor([1, 3, 3])), [3], [0, 0.5, 0.5]);
  assertTensor(grad((t: Tensor) => sum(min(t, { axis: 0 })))(tensor([[1, 2], [1, 3]])), [2, 2], [0.5, 1, 0.5, 0]); // biome-ignore format: rows
  assertTensor(grad((t: Tensor) => norm(t))(tensor([0, 0])), [2], [0, 0]);
  assertTensor(grad((t: Tensor) => norm(t, { order: 1 }))(tensor([0, -2])), [2], [0, -1]);
});

inScope('any and all test truth values alone', () => {
  const x = truth([1, 0, 0, 0], [2, 2]);
  assertTensor(any(x, { axis: 1 }), [2], [1, 0], 'bool');
  assertTensor(all(x), [], [0], 'bool');
  assertTensor(all(zeros([0], { dtype: 'bool' })), [], [1], 'bool');
  assertThrows(() => any(tensor([1])), DTypeError, /any: x must be bool, got float32/);
});

inScope('bad axes are refused by the name of the operation', () => {
  const x = counting(2, 3);
  const folds = { sum, mean, prod, max, min, logSumExp, norm, variance, std };
  for (const [name, f] of Object.entries(folds)) {
    const run = (axis: number | number[]) => () => f(x, { axis });
    const range = new RegExp(`^${name}: axis must be an integer in \\[-2, 1\\], got`);
    for (const axis of [2, -3, 0.5, Number.NaN, [0, 2]]) assertThrows(run(axis), OptionError, range);
    assertThrows(run([0, -2]), OptionError, new RegExp(`^${name}: axis given twice in \\[0,-2\\]`));
  }
  for (const [name, f] of Object.entries({ argmax, argmin, cumsum })) {
    assertThrows(() => f(x, { axis: 2 }), OptionError, new RegExp(`^${name}: axis must be`));
  }
  assertThrows(() => sum(tensor(1), { axis: 0 }), OptionError, /sum: a scalar has no axis 0/);
  assertThrows(() => norm(x, { order: 3 as 2 }), OptionError, /norm: order must be 1 or 2, got 3/);
  assertThrows(() => norm(whole([1])), DTypeError, /norm: expected float32 or float64, got int32/);
});

test.run();
