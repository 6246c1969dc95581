/** What bounds take for granted of each activation: its slope, its values between two ends, how exactly it is computed. */
import { init, scope, tensor } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Pointwise, type PointwiseLayer } from '../../src/network/pointwise.js';
import { activation } from './plain-network.js';

onTestDevice(test, init);

const layers: readonly PointwiseLayer[] = [
  { kind: 'relu' },
  { kind: 'tanh' },
  { kind: 'sigmoid' },
  { kind: 'silu' },
  { kind: 'softplus' },
  { kind: 'gelu' },
  { kind: 'gelu', approximate: 'tanh' },
  { kind: 'elu' },
  { kind: 'elu', alpha: 3 },
  { kind: 'leakyRelu' },
  { kind: 'leakyRelu', negativeSlope: 2 },
];

const STEP = 1 / 64;
/** From -12 to 12. */
const grid = Array.from({ length: 24 / STEP + 1 }, (_, i) => -12 + i * STEP);

for (const layer of layers) {
  const label = JSON.stringify(layer);
  const { facts } = new Pointwise('test', layer);
  const f = activation(layer)!;
  const values = grid.map(f);

  test(`${label}: no slope is steeper, and one is nearly as steep`, () => {
    const slopes = values.slice(1).map((value, i) => Math.abs(value - values[i]!) / STEP);
    const steepest = Math.max(...slopes);
    assert.ok(steepest <= facts.lipschitz * (1 + 1e-9), `${steepest} is above ${facts.lipschitz}`);
    assert.ok(steepest >= 0.99 * facts.lipschitz, `${steepest} is far below ${facts.lipschitz}`);
  });

  test(`${label}: values between two ends lie in their range`, () => {
    for (let from = 0; from < grid.length; from += 37) {
      for (let to = from; to < grid.length; to += 41) {
        const [low, high] = facts.range(grid[from]!, grid[to]!);
        const seen = values.slice(from, to + 1);
        const [least, most] = [Math.min(...seen), Math.max(...seen)];
        assert.ok(low <= least + 1e-15 && high >= most - 1e-15, `[${low}, ${high}] leaves out ${least} or ${most}`);
      }
    }
    // Infinite ends, and a range that is no wider than it has to be.
    const [low, high] = facts.range(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    assert.ok(low <= Math.min(...values) && high >= Math.max(...values));
    const [least] = facts.range(grid[0]!, grid.at(-1)!);
    assert.ok(least >= Math.min(...values) - 1e-3, `${least} is far below ${Math.min(...values)}`);
  });

  test(`${label}: what is computed is off by as many units in the last place at most`, () => {
    const far = [0, 1e-30, -1e-30, 1e-6, -1e-6, 90, -90, 110, -110, 800, -800, 1e6, -1e6];
    for (const [dtype, unit] of [
      ['float32', 2 ** -24],
      ['float64', 2 ** -53],
    ] as const) {
      // biome-ignore format: pairs
      scope(() => {
        const x = tensor([...grid, ...far], { dtype });
        const [given, y] = [x.dataSync(), facts.compute(x).dataSync()];
        for (const [i, value] of given.entries()) {
          const exact = f(value);
          const allowed = Math.max(1, facts.ulps) * unit * (Math.abs(value) + Math.abs(exact)) + 2 ** -126;
          assert.ok(Math.abs(y[i]! - exact) <= allowed, `${dtype}: f(${value}) = ${y[i]}, expected ${exact}`);
        }
      });
    }
  });
}

test.run();
