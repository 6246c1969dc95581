/** Reductions, arg-reductions and running sums against the oracle, and sums of a million terms. */
import { createWasmDevice } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type AxisSizes, type ReduceOp, reduceOps } from '../src/table/reduce.js';
import { conform, type Generator, input, output } from './conformance.js';

/** Sizes in all regimes: rows, columns, one long row, panels cut short, nothing. */
function axisOf(random: Generator, smallest = 0): AxisSizes {
  const size = random.boolean(0.1) ? smallest : random.size(400);
  const inner = random.boolean(0.4) ? 1 : random.size(random.boolean(0.1) ? 1100 : 40);
  return { outer: random.boolean(0.05) ? 0 : random.size(12), size, inner };
}

const elements = ({ outer, size, inner }: AxisSizes): number => outer * size * inner;

const floatOps = reduceOps.filter((op) => op !== 'any' && op !== 'all');

test('reductions follow the oracle in every regime', async () => {
  for (const op of floatOps) {
    await conform(
      'reduce',
      (random) => {
        const axis = axisOf(random);
        const far = op === 'prod' ? 0 : random.pick([0, 0, 100]);
        const x = random.floats(elements(axis), far - 1.1, far + 1.1);
        return [op, input(x), output('float32', axis.outer * axis.inner), axis];
      },
      // Sums of both signs cancel: what counts is the sum of magnitudes, at most 400 here.
      { rtol: 2e-6, atol: op === 'prod' ? 1e-12 : 1e-5 },
    );
  }
});

test('NaN and infinities in reductions', async () => {
  for (const op of ['max', 'min', 'logSumExp', 'sum'] as const) {
    await conform('reduce', (random) => {
      const axis = axisOf(random, 1);
      const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const rate = random.pick([0.02, 1]);
      const x = random.floats(elements(axis)).map((v) => (random.boolean(rate) ? random.pick(special) : v));
      return [op, input(x), output('float32', axis.outer * axis.inner), axis];
    });
  }
});

test('int32 and bool reductions', async () => {
  await conform('reduce', (random) => {
    const axis = axisOf(random);
    const op = random.pick<ReduceOp>(['sum', 'prod', 'max', 'min']);
    const x = random.integers(elements(axis), -(2 ** 31), 2 ** 31 - 1);
    return [op, input(x), output('int32', axis.outer * axis.inner), axis];
  });
  await conform('reduce', (random) => {
    const axis = axisOf(random);
    const x = random.bits(elements(axis), random.pick([0.01, 0.5, 0.99]));
    return [random.pick(['any', 'all']), input(x, 'bool'), output('bool', axis.outer * axis.inner), axis];
  });
});

test('arg-reductions take the first extreme, and the first NaN before all', async () => {
  await conform(
    'argReduce',
    (random) => {
      const axis = axisOf(random, 1);
      const coarse = random.boolean();
      const x = random.floats(elements(axis)).map((v) => (coarse ? Math.round(v) : v));
      const holes = random.boolean(0.3) ? 0.02 : 0;
      for (let i = 0; i < x.length; i++) if (random.boolean(holes)) x[i] = Number.NaN;
      if (random.boolean(0.1)) x.fill(Number.NEGATIVE_INFINITY);
      return [random.pick(['argmax', 'argmin']), input(x), output('int32', axis.outer * axis.inner), axis];
    },
    { rtol: 0, atol: 0 },
    300,
  );
});

test('cumulative sums, exclusive and reversed', async () => {
  await conform(
    'cumsum',
    (random) => {
      const axis = axisOf(random);
      const n = elements(axis);
      const [x, type] = random.boolean(0.8)
        ? [random.floats(n, -1, 3), 'float32' as const]
        : [random.integers(n, -(2 ** 20), 2 ** 24), 'int32' as const];
      return [input(x), output(type, n), axis, random.boolean(), random.boolean()];
    },
    { rtol: 1e-6, atol: 1e-6 },
    200,
  );
});

test('a million terms keep five digits, whatever their offset, along rows and columns, on any number of threads', () => {
  const n = 1_000_000;
  for (const offset of [0, 1, 10_000]) {
    const x = Float32Array.from({ length: n }, (_, i) => offset + Math.sin(i * 1.7) + (i % 13) / 13);
    let sum = 0;
    let magnitudes = 0;
    for (const v of x) {
      sum += v;
      magnitudes += Math.abs(v);
    }
    for (const inner of [1, 4]) {
      const results = [1, 2].map((threads) => {
        const device = createWasmDevice({ threads, shareFrom: 0 });
        const [from, to] = [device.allocate('float32', n), device.allocate('float32', inner)];
        device.write(from, x);
        device.kernels.reduce('sum', from, to, { outer: 1, size: n / inner, inner });
        const result = device.readSync?.(to) as Float32Array;
        device.dispose();
        return result;
      }) as [Float32Array, Float32Array];
      assert.equal(results[0], results[1]);
      const total = results[0].reduce((a, b) => a + b, 0);
      assertClose(total, sum, { rtol: 0, atol: 1e-6 * magnitudes }, `offset ${offset}, inner ${inner}`);
    }
  }
});

test.run();
