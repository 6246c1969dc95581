/** RMSprop against its equations in float64, with PyTorch's conventions. */
import { init, OptionError, scope, tensor } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RMSprop, type RMSpropOptions } from '../src/index.js';

onTestDevice(test, init);

const start = [1, 2, -3];
const gradients = [[1, -0.5, 0], [0.2, -0.5, 3], [-1.5, 0.25, -0.1]]; // biome-ignore format: a table

const cases: [string, Omit<RMSpropOptions, 'rate'>, number[][]][] = [
  // biome-ignore format: a table
  ['defaults', {}, [
    [9.999999029e-8, 2.9999998, -3],
    [-0.1970657362, 3.708880905, -3.999999967],
    [0.6324741665, 3.37331048, -3.966517491],
  ]],
  // biome-ignore format: a table
  ['alpha and epsilon', { alpha: 0.9, epsilon: 0.1 }, [
    [0.759746927, 2.193712943, -3],
    [0.710557833, 2.350972873, -3.286073022],
    [0.939071072, 2.273178363, -3.276078573],
  ]],
  // biome-ignore format: a table
  ['momentum', { momentum: 0.9 }, [
    [9.999999029e-8, 2.9999998, -3],
    [-1.097065646, 4.608880725, -3.999999967],
    [-1.254884915, 5.721303132, -4.866517461],
  ]],
  // biome-ignore format: a table
  ['centered', { centered: true, alpha: 0.9 }, [
    [0.666666678, 2.333333311, -3],
    [0.596781024, 2.588239669, -3.33333333],
    [0.867502539, 2.470830929, -3.32173518],
  ]],
  // biome-ignore format: a table
  ['all together, with l2', { centered: true, alpha: 0.5, epsilon: 1e-3, momentum: 0.5, l2: 0.1 }, [
    [0.800362976, 2.198675497, -2.801324503],
    [0.632684427, 2.52134528, -2.890886323],
    [0.696724563, 2.547055048, -2.906156641],
  ]],
];

for (const [name, options, expected] of cases) {
  test(`RMSprop with ${name} goes the steps of its equations`, async () => {
    await scope(async () => {
      const w = tensor(start);
      const optimizer = new RMSprop({ w }, { rate: 0.1, ...options });
      for (const [step, gradient] of gradients.entries()) {
        optimizer.step(new Map([['w', tensor(gradient)]]));
        assertClose(await w.data(), expected[step] as number[], { rtol: 2e-5, atol: 2e-6 }, `step ${step + 1}`);
      }
      optimizer.dispose();
    });
  });
}

test('it remembers only what its options need', () => {
  scope(() => {
    const w = tensor(start);
    const slots = (options: Omit<RMSpropOptions, 'rate'>): string[] => {
      const optimizer = new RMSprop({ w }, { rate: 0.1, ...options });
      const names = [...optimizer.state().keys()];
      optimizer.dispose();
      return names;
    };
    assert.equal(slots({}), ['square.w']);
    assert.equal(slots({ centered: true, momentum: 0.9 }), ['square.w', 'mean.w', 'velocity.w']);
  });
});

test('gradients that never change leave numbers when it is centered', async () => {
  await scope(async () => {
    const w = tensor([0]);
    const optimizer = new RMSprop({ w }, { rate: 1e-9, centered: true, alpha: 0.5 });
    for (let step = 0; step < 100; step++) optimizer.step(new Map([['w', tensor([0.1])]]));
    assert.ok(Number.isFinite((await w.data())[0]));
    optimizer.dispose();
  });
});

test('options that make no sense are refused', () => {
  scope(() => {
    const w = tensor(start);
    const refusals: [Partial<RMSpropOptions>, RegExp][] = [
      [{ alpha: 1.5 }, /RMSprop: alpha must be a number in \[0, 1\], got 1.5/],
      [{ epsilon: -1 }, /RMSprop: epsilon must be a number from 0, got -1/],
      [{ momentum: NaN }, /RMSprop: momentum must be a number in \[0, 1\], got NaN/],
      [{ rate: -1 }, /RMSprop: rate must be a number from 0, got -1/],
      [{ centred: true } as never, /RMSprop: no option 'centred'/],
    ];
    for (const [options, message] of refusals) {
      assertThrows(() => new RMSprop({ w }, { rate: 0.1, ...options }), OptionError, message);
    }
  });
});

test.run();
