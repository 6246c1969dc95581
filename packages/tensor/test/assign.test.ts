import {
  assign,
  createJsDevice,
  DeviceError,
  DisposedError,
  DTypeError,
  GradientError,
  memory,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('assign gives the target new values and leaves the value alone', () => {
  scope(() => {
    const target = tensor([1, 2]);
    const value = tensor([3, 4]);
    assert.is(assign(target, value), target);
    value.dispose();
    assert.equal([...target.dataSync()], [3, 4]);
  });
});

test('assign leaves reshaped forms of the target their old values', () => {
  scope(() => {
    const target = tensor([1, 2]);
    const column = target.reshape([2, 1]);
    assign(target, tensor([3, 4]));
    assert.equal([...column.dataSync()], [1, 2]);
  });
});

test('assign refuses another shape, type or device, a disposed tensor, and a target that a tape needs', () => {
  scope(() => {
    const target = tensor([1, 2]);
    assertThrows(() => assign(target, tensor([1, 2, 3])), ShapeError, /assign: expected \[2\], got \[3\]/);
    assertThrows(() => assign(target, zeros([2], { dtype: 'int32' })), DTypeError, /assign: expected float32/);
    assertThrows(() => assign(target, zeros([2], { device: createJsDevice() })), DeviceError, /assign/);
    const gone = tensor([1, 2]);
    gone.dispose();
    assertThrows(() => assign(target, gone), DisposedError, /assign/);
    const step = valueAndGrad((w: Tensor) => {
      const loss = w.square().sum();
      assign(w, w.add(1));
      return loss;
    });
    assertThrows(() => step(target), GradientError, /assign/);
  });
});

test('a training loop with assign in a scope stays flat and learns', () => {
  const rng = new Rng(3);
  const weight = rng.normal([8, 1]);
  const [x, truth] = [rng.normal([32, 8]), rng.normal([8, 1])];
  const y = x.matmul(truth);
  const loss = valueAndGrad((w: Tensor) => x.matmul(w).sub(y).square().mean());
  const step = (): number =>
    scope(() => {
      const [value, gradient] = loss(weight);
      assign(weight, weight.sub(gradient.mul(0.1)));
      return value.item();
    });
  const first = step();
  const before = memory();
  let last = first;
  for (let i = 0; i < 300; i++) last = step();
  assert.equal(memory(), before);
  assert.ok(last < 1e-3 * first);
  for (const t of [weight, x, truth, y]) t.dispose();
});

test.run();
