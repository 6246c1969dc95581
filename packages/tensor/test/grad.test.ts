/** Differentiation: structures, auxiliary results, bad input, nesting, what stays alive. */
import { createJsDevice, DisposedError, GradientError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  cast,
  checkGradients,
  checkpoint,
  customGrad,
  dispose,
  exp,
  grad,
  matmul,
  memory,
  mul,
  scope,
  stopGradient,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  valueAndGradOf,
} from '../src/index.js';
import { assertLeaves, onDevices } from './devices.js';
import { values } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

onDevices(test, 'gradients come in the structure of the parameters', () => {
  scope(() => {
    const parameters = {
      layers: [{ w: tensor([1, 2]) }, { w: tensor([3, 4]) }],
      extra: new Map([['scale', tensor(2)]]),
      name: 'model',
      size: 3,
    };
    const [loss, gradient] = valueAndGrad((p: typeof parameters) =>
      sum(mul(mul(p.layers[0]?.w as Tensor, p.layers[1]?.w as Tensor), p.extra.get('scale') as Tensor)),
    )(parameters);
    assert.is(loss.item(), 22);
    assert.is(gradient.name, 'model');
    assert.is(gradient.size, 3);
    assertClose(gradient.layers[0]?.w.dataSync() ?? [], [6, 8]);
    assertClose(gradient.layers[1]?.w.dataSync() ?? [], [2, 4]);
    assert.is(gradient.extra.get('scale')?.item(), 11);
    assert.equal(gradient.layers[0]?.w.shape, [2]);
  });
});

onDevices(test, 'what a function returns beside its loss survives, and further arguments are passed on', () => {
  scope(() => {
    const f = valueAndGrad((w: Tensor, x: Tensor, power: number) => {
      const y = mul(w, x);
      return [sum(y.pow(power)), y, { note: 'kept', twice: y.mul(2) }] as const;
    });
    const [[loss, y, more], gradient] = f(tensor([1, 2]), tensor([3, 1]), 2);
    assert.is(loss.item(), 13);
    assertClose(y.dataSync(), [3, 2]);
    assert.is(more.note, 'kept');
    assertClose(more.twice.dataSync(), [6, 4]);
    assertClose(gradient.dataSync(), [18, 4]);
  });
});

onDevices(test, 'parameters that the loss does not use get zeros of their shape and type', () => {
  scope(() => {
    const [used, unused] = [tensor([1, 2]), tensor([[1], [2]])];
    const gradient = grad((p: Tensor[]) => sum(p[0] as Tensor))([used, unused]);
    assertClose(gradient[0]?.dataSync() ?? [], [1, 1]);
    assert.equal(gradient[1]?.shape, [2, 1]);
    assertClose(gradient[1]?.dataSync() ?? [], [0, 0]);
    assertClose(grad((_: Tensor) => tensor(1))(used).dataSync(), [0, 0]);
    assertClose(grad((x: Tensor) => sum(stopGradient(x.mul(3))))(used).dataSync(), [0, 0]);
    assertClose(grad((x: Tensor) => sum(x.sign()))(used).dataSync(), [0, 0]);
  });
});

onDevices(test, 'a parameter is its own loss, a gradient of 1', () => {
  scope(() => {
    const x = tensor(3);
    const [value, gradient] = valueAndGrad((t: Tensor) => t)(x);
    assert.is(value, x);
    assert.is(gradient.item(), 1);
  });
});

onDevices(test, 'one tensor in two places of the parameters gets the whole gradient in both', () => {
  scope(() => {
    const x = tensor([1, 2]);
    const gradient = grad((p: { a: Tensor; b: Tensor }) => sum(mul(p.a, p.b)))({ a: x, b: x });
    assertClose(gradient.a.dataSync(), [2, 4]);
    assertClose(gradient.b.dataSync(), [2, 4]);
  });
});

onDevices(test, 'gradients can be disposed one by one: none shares its life with another, or with an input', () => {
  const [a, b] = [tensor([1, 2]), tensor([3, 4])];
  const gradients = grad((p: Tensor[]) => sum((p[0] as Tensor).add(p[1] as Tensor)))([a, b]);
  gradients[0]?.dispose();
  assertClose(gradients[1]?.dataSync() ?? [], [1, 1]);
  const product = grad((p: Tensor[]) => matmul(p[0] as Tensor, p[1] as Tensor))([a, b]);
  dispose(product);
  assertClose(a.dataSync(), [1, 2]);
  dispose([a, b, gradients]);
});

onDevices(test, 'a loss of one element in any shape is taken, any other is refused by its shape', () => {
  scope(() => {
    const x = tensor([1, 2]);
    assertClose(grad((t: Tensor) => sum(t, { keepDims: true }))(x).dataSync(), [1, 1]);
    assertThrows(() => grad((t: Tensor) => t.mul(2))(x), ShapeError, /grad: the loss must have one element, got \[2\]/);
    assertThrows(() => grad(() => 3)(x), GradientError, /grad: the function must return a tensor/);
    assertThrows(() => grad(() => [])(x), GradientError, /must return a tensor/);
    assertThrows(() => grad(() => tensor(1, { dtype: 'int32' }))(x), GradientError, /must be a float, got int32/);
  });
});

onDevices(test, 'parameters that cannot be differentiated by are refused', () => {
  scope(() => {
    const x = tensor([1, 2]);
    assertThrows(() => grad(() => x.sum())([]), GradientError, /no tensor to differentiate by/);
    assertThrows(() => grad(() => x.sum())({ rate: 0.1 }), GradientError, /no tensor to differentiate by/);
    const whole = tensor([1], { dtype: 'int32' });
    assertThrows(() => grad(() => x.sum())(whole), GradientError, /by a tensor of int32, \[1\]/);
    class Model {
      w: Tensor = x;
    }
    assertThrows(() => valueAndGradOf(new Model(), () => x.sum()), GradientError, /those of a class instance/);
    const gone = tensor([1]);
    gone.dispose();
    assertThrows(() => grad((t: Tensor) => t.sum())(gone), DisposedError, /grad: this tensor of shape \[1\]/);
  });
});

onDevices(test, 'an asynchronous function is refused, and its later failure does no harm', async () => {
  const x = tensor([1, 2]);
  const f = grad(async (t: Tensor) => {
    await Promise.resolve();
    return t.mul(2).sum().mul(x).item();
  });
  assertLeaves(0, () => {
    assertThrows(() => f(x), GradientError, /grad: the function must be synchronous/);
  });
  await new Promise((resolve) => setImmediate(resolve));
  x.dispose();
});

onDevices(test, 'an error in the function leaves nothing behind and no tape on', () => {
  const x = tensor([1, 2]);
  assertLeaves(0, () => {
    assertThrows(
      () =>
        grad((t: Tensor) => {
          exp(t).mul(t);
          throw new Error('mine');
        })(x),
      Error,
      /mine/,
    );
  });
  const y = x.mul(2);
  y.dispose();
  assert.ok(y.disposed);
  x.dispose();
});

onDevices(test, 'stopGradient cuts, also under another gradient', () => {
  scope(() => {
    const x = tensor([1, 2]);
    const g = grad((t: Tensor) => sum(mul(t, stopGradient(t.square()))));
    assertClose(g(x).dataSync(), [1, 4]);
    const second = grad((t: Tensor) => sum(g(t)));
    assertClose(second(x).dataSync(), [0, 0]);
  });
});

onDevices(test, 'tensors disposed inside the function live until the backward pass is over', () => {
  const x = tensor([1, 2]);
  assertLeaves(0, () => {
    const g = grad((t: Tensor) => {
      const y = exp(t);
      const z = mul(y, y);
      y.dispose();
      return sum(z);
    })(x);
    assertClose(g.dataSync(), [2 * Math.E ** 2, 2 * Math.E ** 4], { rtol: 1e-5 });
    g.dispose();
  });
  const g = grad((t: Tensor) => {
    const y = sum(t.square());
    t.dispose();
    return y;
  })(x);
  assertClose(g.dataSync(), [2, 4]);
  assert.ok(x.disposed);
  g.dispose();
});

onDevices(test, 'the backward pass frees gradients that are used up', (device) => {
  scope(() => {
    const x = tensor(new Float32Array(1000));
    const peak = (depth: number): number => {
      let most = 0;
      const { allocate } = device;
      const start = memory().bytes;
      device.allocate = (dtype, length) => {
        const buffer = allocate.call(device, dtype, length);
        most = Math.max(most, device.memory().inUse - start);
        return buffer;
      };
      scope(() =>
        grad((t: Tensor) => {
          let y = t;
          for (let i = 0; i < depth; i++) y = y.add(0.5);
          return sum(y);
        })(x),
      );
      device.allocate = allocate;
      return most / 4096;
    };
    // A result a step is kept by the forward pass; the backward pass adds no more than a few.
    assert.ok(peak(40) - peak(20) < 22, `${peak(20)} and ${peak(40)} blocks`);
  });
});

test('the gradient passes through casts between floats', () => {
  const js = createJsDevice();
  const x = tensor([0.5, 2], { dtype: 'float64', device: js });
  const gradient = grad((t: Tensor) => sum(cast(t, 'float32').square()))(x);
  assert.is(gradient.dtype, 'float64');
  assertClose(gradient.dataSync(), [1, 4]);
});

test('checkGradients takes whole numbers along and refuses to check nothing', async () => {
  const [x, i] = [tensor([1, 2, 3]), tensor([2, 0], { dtype: 'int32' })];
  const worst = await checkGradients((a, b) => a.at(b).square(), [x, i]);
  assert.ok(worst < 1e-6);
});

inScope('a gradient that stands for several inputs lives until all have it', () => {
  const a = tensor([1, 2, 3]);
  const b = tensor([0.5, -1, 2]);
  const shared = customGrad((x: Tensor, y: Tensor, z: Tensor) => ({
    value: x.add(y).add(z),
    backward: (dy) => {
      const g = dy.mul(2);
      return [g, g, g];
    },
  }));
  const [da, db] = grad((p: Tensor[]) => shared(p[0]!, p[0]!, p[1]!).mul(p[0]!).sum())([a, b]);
  // 2 a + 2 a for the two places, and the value itself for the factor.
  assert.equal(values(da!), [6.5, 11, 20]);
  assert.equal(values(db!), [2, 4, 6]);
  const block = checkpoint((x: Tensor, p: Tensor) => p.add(x).mul(2));
  const twice = grad((p: Tensor[]) => block(block(p[0]!, p[1]!), p[1]!).sum())([a, b]);
  assert.equal(twice.map(values), [
    [4, 4, 4],
    [6, 6, 6],
  ]);
});

inScope('what a function disposes of while no tape looks is there for the tape that looks away', () => {
  const f = (h: Tensor): Tensor => {
    const y = h.mul(h);
    h.dispose();
    return y;
  };
  const x = tensor([1, 2, 3]);
  assert.equal(values(grad((t: Tensor) => checkpoint(f)(t.mul(2)).sum())(x)), [8, 16, 24]);
  const custom = customGrad((h: Tensor) => {
    const value = f(h);
    return { value, backward: (dy) => [dy.mul(h).mul(2)] };
  });
  assert.equal(values(grad((t: Tensor) => custom(t.mul(2)).sum())(x)), [8, 16, 24]);
});

inScope('a first-order gradient inside another is refused only if the other goes through it', () => {
  const square = customGrad((x: Tensor) => ({ value: x.square(), backward: (dy) => [dy.mul(x).mul(2)] }), {
    firstOrder: true,
    name: 'square',
  });
  const [v, w] = [tensor([1, 1]), tensor([3, 4])];
  const apart = grad((p: Tensor) => p.mul(grad((q: Tensor) => square(q).sum())(v)).sum())(w);
  assert.equal(values(apart), [2, 2]);
  assertThrows(
    () => grad((p: Tensor) => grad((q: Tensor) => square(q).sum())(p).sum())(w),
    GradientError,
    /^square: has no second/,
  );
});

test.run();
