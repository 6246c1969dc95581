/** Optimizers, clipping and averages; schedules against PyTorch; what they refuse and what they leave behind. */
import { assign, DTypeError, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Adam,
  AdamW,
  clipByGlobalNorm,
  clipByValue,
  cosine,
  ExponentialAverage,
  globalNorm,
  inverseSquareRoot,
  Linear,
  MLP,
  meanSquaredError,
  type Schedule,
  SGD,
  StateDictError,
  stepDecay,
  warmUp,
} from '../src/index.js';
import { golden } from './reference.js';

type Numbers = Record<string, number>;

const { schedules } = golden<{ schedules: readonly { name: string; options: Numbers; rates: number[] }[] }>(
  'optimizers.json',
);

test('an optimizer refuses nothing to train, rates and options that make no sense, and gradients that do not fit', () => {
  scope(() => {
    const w = tensor([1, 2]);
    assertThrows(() => new SGD({}, { rate: 0.1 }), OptionError, /SGD: there is nothing to train/);
    assertThrows(() => new SGD({ w: 3 as never }, { rate: 0.1 }), OptionError, /SGD: 'w' is no tensor, got 3/);
    assertThrows(() => new SGD(w as never, { rate: 0.1 }), OptionError, /expected a module or tensors by name/);
    assertThrows(() => new SGD({ w }, { rate: -1 }), OptionError, /SGD: rate must be a number/);
    assertThrows(() => new SGD({ w }, { rate: NaN }), OptionError, /SGD: rate .* got NaN/);
    assertThrows(() => new SGD({ w }, { rate: 0.1, nesterov: true }), OptionError, /nesterov needs a momentum/);
    assertThrows(() => new SGD({ w }, { rate: 0.1, speed: 1 } as never), OptionError, /no option 'speed'/);
    assertThrows(() => new Adam({ w }, { rate: 0.1, betas: [0.9, 1] }), OptionError, /betas/);
    const sgd = new SGD({ w }, { rate: 0.1 });
    assertThrows(() => sgd.step(new Map()), OptionError, /there is no gradient of 'w'/);
    assertThrows(
      () => sgd.step(new Map([['w', tensor([1])]])),
      ShapeError,
      /'w' must be float32 \[2\], got float32 \[1\]/,
    );
    assert.is(sgd.steps, 0);
  });
});

function scheduleOf(name: string, o: Numbers): Schedule {
  const rate = o.lr as number;
  const cosineOf = (): Schedule => cosine({ rate, steps: o.tMax as number, final: o.etaMin });
  if (name === 'step') return stepDecay({ rate, every: o.stepSize as number, factor: o.gamma as number });
  if (name === 'cosine') return cosineOf();
  const rise = { steps: o.totalIters as number, from: o.startFactor };
  return warmUp(name === 'warm-up' ? rate : cosineOf(), rise);
}

for (const { name, options, rates } of schedules) {
  test(`the schedule ${name} gives PyTorch's rates`, () => {
    const schedule = scheduleOf(name, options);
    assertClose(
      rates.map((_, step) => schedule(step)),
      rates,
      { rtol: 1e-12, atol: 1e-15 },
    );
  });
}

test('schedules with a warm-up rise to their rate and fall from there', () => {
  const rates = Array.from({ length: 200 }, (_, step) => inverseSquareRoot({ rate: 0.5, warmUp: 50 })(step));
  assert.is(Math.max(...rates), rates[49]);
  assertClose(rates[49] as number, 0.5);
  assertClose(rates[199] as number, 0.25);
  const both = cosine({ rate: 1, steps: 100, warmUp: 10 });
  assertClose([both(0), both(10), both(100), both(500)], [1 / 11, 1, 0, 0]);
  assertThrows(() => cosine({ rate: 1, steps: 10, warmUp: 10 }), OptionError, /warmUp must be a number in \[0, 9\]/);
  assertThrows(() => stepDecay({ rate: 1, every: 0 }), OptionError, /every must be a whole number from 1/);
  assertThrows(() => inverseSquareRoot({ rate: 1, warmUp: 0 }), OptionError, /warmUp/);
});

test('swap exchanges parameters and averages, and back', () => {
  scope(() => {
    const w = tensor([1, 2]);
    const average = new ExponentialAverage({ w }, { decay: 0.5 });
    assign(w, tensor([3, 6]));
    average.update();
    average.swap();
    assert.equal([...w.dataSync()], [2, 4]);
    average.swap();
    assert.equal([...w.dataSync()], [3, 6]);
    average.dispose();
  });
});

test('decay leaves out what the caller leaves out, and a schedule sets the rate of each step', () => {
  scope(() => {
    const [weight, bias] = [tensor([[2]]), tensor([2])];
    const none = new Map([
      ['weight', tensor([[0]])],
      ['bias', tensor([0])],
    ]);
    const rates: number[] = [];
    const rate = (step: number): number => {
      rates.push(step);
      return 0.5;
    };
    const sgd = new SGD({ weight, bias }, { rate, decay: 0.5, decays: (_, t) => t.rank > 1 });
    sgd.step(none);
    sgd.step(none);
    assert.equal([weight.item(), bias.item()], [2 * 0.75 * 0.75, 2]);
    assert.equal(rates, [0, 1]);
  });
});

test('minimize lowers the loss, returns it, and leaves no tensor behind', () => {
  const before = memory().tensors;
  const model = new MLP([2, 8, 1], { rng: new Rng(3), activation: 'tanh' });
  const optimizer = new Adam(model, { rate: 0.02, clipNorm: 1 });
  const [x, y] = [tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), tensor([[0], [1], [1], [0]])]; // biome-ignore format: a table
  const steady = memory().tensors;
  const losses: number[] = [];
  for (let i = 0; i < 300; i++) {
    const loss = optimizer.minimize(() => meanSquaredError(model.forward(x), y));
    losses.push(loss.item());
    loss.dispose();
  }
  assert.is(memory().tensors, steady);
  assert.ok((losses.at(-1) as number) < 0.01, `exclusive or: loss ${losses.at(-1)}`);
  for (const one of [model, optimizer, x, y]) one.dispose();
  assert.is(memory().tensors, before);
});

test('minimize passes on what the function returns beside the loss', () => {
  scope(() => {
    const layer = new Linear(2, 1, { rng: new Rng(1) });
    const optimizer = new SGD(layer, { rate: 0.1 });
    const [loss, scores] = optimizer.minimize(() => {
      const y = layer.forward(tensor([[1, 2]]));
      return [y.square().sum(), y] as const;
    });
    assertClose(loss.item(), scores.item() ** 2);
    layer.dispose();
    optimizer.dispose();
  });
});

test('the global norm is that of all gradients as one vector', () => {
  scope(() => {
    assertClose(globalNorm([tensor([3, 0]), tensor([[4]])]).item(), 5);
    assertThrows(() => globalNorm([]), OptionError, /there are no gradients/);
    assertThrows(() => clipByGlobalNorm(new Map(), 0), OptionError, /limit must be a number above 0, got 0/);
  });
});

test('values of gradients are clipped one by one, before the norm is', () => {
  scope(() => {
    const gradients = new Map([['w', tensor([3, -4, 0.5])]]);
    assert.equal([...(clipByValue(gradients, 1).get('w') as Tensor).dataSync()], [1, -1, 0.5]);
    assertThrows(() => clipByValue(gradients, 0), OptionError, /clipByValue: limit must be a number above 0, got 0/);
    const w = tensor([0, 0, 0]);
    new SGD({ w }, { rate: 1, clipValue: 1, clipNorm: 0.75 }).step(gradients);
    assertClose(w.dataSync(), [-0.5, 0.5, -0.25], { rtol: 1e-5 });
    assertThrows(
      () => new SGD({ w }, { rate: 1, clipValue: -1 }),
      OptionError,
      /SGD: clipValue must be a number above 0/,
    );
  });
});

test('a stored state goes on bit for bit, and one with a gap is refused', () => {
  scope(() => {
    const gradient = (seed: number): Map<string, Tensor> => new Map([['w', new Rng(seed).normal([3])]]);
    const w = tensor([1, 2, 3]);
    const adam = new Adam({ w }, { rate: 0.1 });
    adam.step(gradient(1));
    const copy = tensor(w.dataSync());
    const state = new Map(Array.from(adam.state(), ([name, t]) => [name, tensor(t.dataSync())]));
    const other = new Adam({ w: copy }, { rate: 0.1 });
    assertThrows(() => other.loadState(new Map(), 1), StateDictError, /missing \(2\):\s+mean.w/);
    other.loadState(state, adam.steps);
    adam.step(gradient(2));
    other.step(gradient(2));
    assert.equal(copy.dataSync(), w.dataSync());
    adam.dispose();
    other.dispose();
  });
});

test('what would make parameters NaN is refused before anything moves', () => {
  scope(() => {
    const w = tensor([1, 2]);
    const gradients = new Map([['w', tensor([1, 1])]]);
    for (const rate of [NaN, -1, Infinity]) {
      const sgd = new SGD({ w }, { rate: () => rate });
      assertThrows(() => sgd.step(gradients), OptionError, /SGD: the rate of step 0 must be a number from 0, got/);
      assert.is(sgd.steps, 0);
    }
    assertThrows(() => warmUp(NaN, { steps: 3 }), OptionError, /warmUp: the rate must be a number from 0, got NaN/);
    for (const betas of [[0.9], [], 0.9]) {
      assertThrows(() => new Adam({ w }, { rate: 1, betas: betas as never }), OptionError, /betas must be two numbers/);
    }
    assertThrows(() => new Adam({ w }, { rate: 1, decays: 'all' as never }), OptionError, /expected a function/);
    const two = new SGD({ w, v: tensor([1]) }, { rate: 1 });
    const freed = tensor([1]);
    freed.dispose();
    assertThrows(() => two.step(new Map([...gradients, ['v', freed]])), OptionError, /no gradient of 'v'/);
    assertThrows(() => two.loadState(new Map(), NaN), OptionError, /steps must be a whole number from 0/);
    assert.equal([...w.dataSync(), two.steps], [1, 2, 0]);
  });
});

test('a tensor under two names is moved once, and an option that is undefined has its default', () => {
  scope(() => {
    const w = tensor([1]);
    new SGD({ a: w, b: w }, { rate: 0.25 }).minimize(() => w.sum());
    assert.is(w.item(), 0.75);
    const v = tensor([1]);
    new AdamW({ v }, { rate: 0.5, decay: undefined }).step(new Map([['v', tensor([0])]]));
    assertClose(v.item(), 0.995);
  });
});

test('whole numbers are not trained', () => {
  const counts = tensor([1, 2], { dtype: 'int32' });
  assertThrows(
    () => new Adam({ counts }, { rate: 1 }),
    DTypeError,
    /^Adam: 'counts' must be float32 or float64 to be trained, got int32$/,
  );
  counts.dispose();
});

test('Adam keeps large gradients finite that float32 can hold', () => {
  const p = tensor([1]);
  const adam = new Adam({ p }, { rate: 0.1 });
  for (const g of [3e19, 1]) scope(() => adam.step(new Map([['p', tensor([g])]])));
  assert.ok(adam.state().get('square.p')!.item() < Infinity);
  assert.ok(p.item() < 0.9);
  adam.dispose();
  p.dispose();
});

test.run();
