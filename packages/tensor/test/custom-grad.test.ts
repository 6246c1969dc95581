/** Functions with a backward pass of their own. */
import { GradientError, OptionError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkGradients,
  customGrad,
  dispose,
  exp,
  grad,
  isTracked,
  mul,
  scope,
  stopGradient,
  sum,
  type Tensor,
  tensor,
} from '../src/index.js';
import { assertLeaves, onDevices } from './devices.js';

/** e^x with a backward pass that reads what the forward pass made. */
const ownExp = customGrad((x: Tensor) => {
  const y = exp(x);
  const copy = y.mul(1);
  return { value: y, backward: (dy) => [mul(dy, copy)] };
});

onDevices(test, 'the backward pass that is given takes the place of the recorded one', () => {
  scope(() => {
    const clipped = customGrad((x: Tensor) => ({ value: x.square(), backward: (dy) => [dy.clip(-1, 1)] }));
    const x = tensor([3, -4]);
    assertClose(clipped(x).dataSync(), [9, 16]);
    assertClose(grad((t: Tensor) => sum(clipped(t).mul(5)))(x).dataSync(), [1, 1]);
  });
});

onDevices(test, 'what the forward pass made is there for the backward pass, also from an inner scope', () => {
  const x = tensor([0, 1]);
  assertLeaves(0, () => {
    const plain = grad((t: Tensor) => sum(ownExp(t)))(x);
    const inner = grad((t: Tensor) => scope(() => sum(ownExp(t))))(x);
    for (const g of [plain, inner]) assertClose(g.dataSync(), [1, Math.E], { rtol: 1e-6 });
    dispose([plain, inner]);
  });
  assertLeaves(0, () => ownExp(x).dispose());
  x.dispose();
});

onDevices(test, 'inputs without a gradient are told by undefined or a shorter list', () => {
  scope(() => {
    const second = customGrad((a: Tensor, b: Tensor) => ({
      value: mul(a, b),
      backward: (dy) => [undefined, mul(dy, a)],
    }));
    const first = customGrad((a: Tensor, b: Tensor) => ({ value: mul(a, b), backward: (dy) => [mul(dy, b)] }));
    const pair = [tensor([1, 2]), tensor([3, 4])];
    const of = (f: (a: Tensor, b: Tensor) => Tensor): number[][] =>
      grad((p: Tensor[]) => sum(f(p[0] as Tensor, p[1] as Tensor)))(pair).map((g) => [...g.dataSync()]);
    assert.equal(of(second), [[0, 0], [1, 2]]); // biome-ignore format: rows
    assert.equal(of(first), [[3, 4], [0, 0]]); // biome-ignore format: rows
  });
});

onDevices(test, 'the backward pass is told which gradients are wanted', () => {
  scope(() => {
    const told: (readonly boolean[])[] = [];
    const product = customGrad((a: Tensor, b: Tensor) => ({
      value: mul(a, b),
      backward: (dy, needs) => {
        told.push(needs);
        return [needs[0] ? mul(dy, b) : undefined, needs[1] ? mul(dy, a) : undefined];
      },
    }));
    const [x, y] = [tensor([1, 2]), tensor([3, 4])];
    assertClose(grad((t: Tensor) => sum(product(t, y)))(x).dataSync(), [3, 4]);
    assertClose(grad((t: Tensor) => sum(product(x, t.mul(2))))(y).dataSync(), [2, 4]);
    assert.equal(told, [[true, false], [false, true]]); // biome-ignore format: rows
  });
});

onDevices(test, 'an input, or another tensor from outside, returned as it is has a gradient of its own', () => {
  scope(() => {
    const reversed = customGrad((x: Tensor) => ({ value: x, backward: (dy) => [dy.neg()] }));
    const x = tensor([1, 2]);
    assert.is.not(reversed(x), x);
    assertClose(grad((t: Tensor) => sum(mul(reversed(t), t)))(x).dataSync(), [0, 0]);
    const outside = tensor([5, 5]);
    const constant = customGrad((_: Tensor) => ({ value: outside, backward: (dy) => [dy.mul(2)] }));
    const g = grad((p: Tensor[]) => sum(constant(p[0] as Tensor).add(p[1] as Tensor)))([x, outside]);
    assertClose(g[0]?.dataSync() ?? [], [2, 2]);
    assertClose(g[1]?.dataSync() ?? [], [1, 1]);
  });
});

onDevices(test, 'a gradient that is a tensor from outside is not freed', () => {
  const [x, constant] = [tensor([1, 2]), tensor([7, 8])];
  assertLeaves(0, () => {
    const f = customGrad((t: Tensor) => ({ value: t.mul(1), backward: () => [constant] }));
    const own = customGrad((t: Tensor) => ({ value: t.mul(1), backward: () => [t] }));
    const first = grad((t: Tensor) => sum(f(t.mul(2)).add(t)))(x);
    assertClose(first.dataSync(), [15, 17]);
    const second = grad((t: Tensor) => sum(f(t)))(x);
    const third = grad((t: Tensor) => sum(own(t)))(x);
    dispose([first, second, third]);
  });
  assertClose(constant.dataSync(), [7, 8]);
  assertClose(x.dataSync(), [1, 2]);
  dispose([x, constant]);
});

onDevices(test, 'a gradient that does not fit its input is refused', () => {
  scope(() => {
    const x = tensor([1, 2]);
    const of = (backward: (dy: Tensor) => unknown) => () =>
      grad((t: Tensor) => sum(customGrad((u: Tensor) => ({ value: u.mul(1), backward: backward as never }))(t)))(x);
    assertThrows(
      of((dy) => [dy.sum()]),
      GradientError,
      /customGrad: the gradient by input 0 must be float32 \[2\], got float32 \[\]/,
    );
    assertThrows(
      of((dy) => [dy.cast('int32')]),
      GradientError,
      /must be float32 \[2\], got int32 \[2\]/,
    );
    assertThrows(
      of((dy) => dy),
      GradientError,
      /backward must return an array of at most 1 gradients/,
    );
    assertThrows(
      of((dy) => [dy, dy]),
      GradientError,
      /at most 1 gradients/,
    );
    assertThrows(
      of(() => [3]),
      GradientError,
      /the gradient by input 0 is no tensor/,
    );
    const bad = customGrad((() => tensor(1)) as never);
    assertThrows(() => bad(x), GradientError, /customGrad: the function must return \{ value: tensor, backward/);
  });
});

onDevices(test, 'a failing backward pass leaves nothing behind', () => {
  const x = tensor([1, 2]);
  assertLeaves(0, () => {
    const f = customGrad((t: Tensor) => ({
      value: t.mul(2),
      backward: (dy) => {
        dy.mul(3);
        throw new Error('mine');
      },
    }));
    assertThrows(() => grad((t: Tensor) => sum(f(t.mul(2))))(x), Error, /mine/);
  });
  x.dispose();
});

onDevices(test, 'what is saved is there for the backward pass, though it was disposed or its scope has ended', () => {
  const x = tensor([1, 2]);
  assertLeaves(0, () => {
    const scaled = (t: Tensor): Tensor => {
      const own = tensor([3, 4]);
      const y = scope(() => {
        const inner = tensor([10, 20]);
        return customGrad((u: Tensor) => ({
          value: u.mul(1),
          backward: (dy) => [dy.mul(own).mul(inner)],
          saved: [own, inner],
        }))(t);
      });
      own.dispose();
      return y;
    };
    const g = grad((t: Tensor) => sum(scaled(t)))(x);
    assertClose(g.dataSync(), [30, 80]);
    g.dispose();
    scaled(x).dispose();
  });
  x.dispose();
});

onDevices(test, 'a backward pass of first order refuses to be recorded, by the name that was given', () => {
  scope(() => {
    const square = customGrad((x: Tensor) => ({ value: x.square(), backward: (dy) => [mul(dy, x.mul(2))] }), {
      name: 'mine',
      firstOrder: true,
    });
    const first = grad((t: Tensor) => sum(square(t)));
    const x = tensor([3]);
    assertClose(first(x).dataSync(), [6]);
    assertThrows(() => grad((t: Tensor) => sum(first(t)))(x), GradientError, /^mine: has no second derivative$/);
    const unnamed = grad((t: Tensor) =>
      sum(customGrad((u: Tensor) => ({ value: u, backward: (dy) => [dy] }), { firstOrder: true })(t)),
    );
    assertThrows(
      () => grad((t: Tensor) => sum(unnamed(t)))(x),
      GradientError,
      /^customGrad: has no second derivative$/,
    );
    const wrong = customGrad((t: Tensor) => ({ value: t, backward: (dy) => [dy.sum()] }), { name: 'mine' });
    assertThrows(() => grad((t: Tensor) => sum(wrong(t)))(x), GradientError, /^mine: the gradient by input 0 must be/);
    assertThrows(
      () => customGrad((t: Tensor) => ({ value: t, backward: (dy) => [dy] }), { order: 1 } as never),
      OptionError,
      /customGrad/,
    );
  });
});

onDevices(test, 'a tensor is tracked where a gradient by it, or through it, will be asked for', () => {
  scope(() => {
    const [x, y] = [tensor([1]), tensor([2])];
    const seen: boolean[][] = [];
    grad((t: Tensor) => {
      seen.push([t, t.mul(y), y, y.mul(2), stopGradient(t)].map(isTracked));
      return sum(t);
    })(x);
    assert.equal(seen, [[true, true, false, false, false]]); // biome-ignore format: one row
    assert.is(isTracked(x), false);
  });
});

test('a backward pass of differentiable operations on inputs and value is differentiated again', async () => {
  const cube = customGrad((x: Tensor) => ({ value: x.pow(3), backward: (dy) => [mul(dy, x.square().mul(3))] }));
  const own = customGrad((x: Tensor) => {
    const y = exp(x);
    return { value: y, backward: (dy) => [mul(dy, y)] };
  });
  for (const f of [cube, own]) {
    await checkGradients((x) => f(x), [tensor([0.5, -1])]);
    await checkGradients((x) => grad((t: Tensor) => sum(f(t).square()))(x), [tensor([0.5, -1])]);
  }
});

onDevices(test, 'inside the function nothing is recorded, and gradients can be taken', () => {
  scope(() => {
    const f = customGrad((x: Tensor) => {
      const slope = grad((t: Tensor) => sum(t.square()))(x);
      return { value: slope, backward: (dy) => [dy.mul(2)] };
    });
    assertClose(grad((t: Tensor) => sum(f(t)))(tensor([3])).dataSync(), [2]);
  });
});

test.run();
