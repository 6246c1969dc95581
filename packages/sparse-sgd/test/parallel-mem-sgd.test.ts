import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LinearData } from '../src/training/linear-data.js';
import { memSGD } from '../src/training/mem-sgd.js';
import { type ParallelMemSGDOptions, parallelMemSGD } from '../src/training/parallel-mem-sgd.js';

function rows(count: number, features: number): LinearData {
  const rng = new Rng(1);
  const values = rng.normal([count, features]).dataSync() as Float32Array;
  const labels = Array.from({ length: count }, (_, i) => {
    let z = rng.number() - 0.5;
    for (let j = 0; j < features; j++) z += values[i * features + j]! / (1 + j);
    return z > 0 ? 1 : -1;
  });
  return { values: values.map((value) => value / Math.sqrt(features)), labels, shape: [count, features] };
}

for (const compress of ['top-k:1', 'top-k:3', 'rand-k:3', 'ultra:0.5', 'none']) {
  for (const atomic of [false, true]) {
    test(`workers learn together: ${compress}${atomic ? ', atomic' : ''}`, async () => {
      const data = rows(400, 24);
      const options: ParallelMemSGDOptions = { compress, epochs: 5, workers: 3, atomic, evaluations: 2 };
      const { loss, steps, curve, memory, weights, threads, stepsPerSecond } = await parallelMemSGD(data, options);
      const alone = await memSGD(data, { compress, epochs: 5, average: 'final', rate: 'bottou:1', evaluations: 2 });
      assert.is(steps, 2000);
      assert.is(threads, 3);
      assert.is(curve.length, 11);
      assert.is(memory.length, 3 * 24);
      assert.ok(weights.every(Number.isFinite));
      assert.ok(stepsPerSecond > 0);
      assert.ok(loss < 1.15 * alone.loss, `${loss} against ${alone.loss} alone`);
    });
  }
}

test('with atomic no change is lost, whatever is sent', async () => {
  // All gradients point the same way and are nearly alike, so the model says how many of them arrived.
  const n = 200_000;
  const data: LinearData = { labels: new Array(n).fill(1), values: new Float32Array(n).fill(1e-4), shape: [n, 1] };
  for (const compress of ['none', 'top-k:1', 'rand-k:1']) {
    const options: ParallelMemSGDOptions = {
      compress,
      workers: 2,
      atomic: true,
      lambda: 0,
      rate: 'constant:1',
      evaluations: 1,
    };
    const { weights, memory } = await parallelMemSGD(data, options);
    const alone = await memSGD(data, { compress, lambda: 0, rate: 'constant:1', evaluations: 1, average: 'final' });
    assert.ok(memory.every((value) => value === 0));
    assertClose(weights, alone.weights, { rtol: 1e-9 }, compress);
  }
});

test('memory that was used before does no harm to workers that send at random', async () => {
  for (const features of [90, 100]) {
    const { weights } = await parallelMemSGD(rows(1537, features), {
      compress: 'ultra:0.1',
      workers: 2,
      evaluations: 2,
      epochs: 6,
    });
    assert.ok(weights.every(Number.isFinite));
  }
});

test('without shared memory, and without WebAssembly, workers take turns on one thread', async () => {
  const data = rows(120, 7);
  const options: ParallelMemSGDOptions = { compress: 'top-k:2', workers: 3, epochs: 2, evaluations: 2 };
  const host = globalThis as { SharedArrayBuffer?: unknown; WebAssembly?: unknown };
  const results: Float64Array[] = [];
  for (const missing of ['SharedArrayBuffer', 'WebAssembly'] as const) {
    const kept = host[missing];
    try {
      host[missing] = undefined;
      const { threads, weights, memory } = await parallelMemSGD(data, options);
      assert.is(threads, 1);
      for (let worker = 0; worker < 3; worker++) {
        assert.ok(
          memory.subarray(7 * worker, 7 * worker + 7).some((value) => value !== 0),
          `memory of worker ${worker}`,
        );
      }
      results.push(Float64Array.from(weights));
    } finally {
      host[missing] = kept;
    }
  }
  assertClose(results[0]!, results[1]!, { rtol: 1e-9 });
});

test('one worker is Algorithm 1, bit for bit', async () => {
  const data = rows(100, 8);
  for (const compress of ['top-k:2', 'none']) {
    const parallel = await parallelMemSGD(data, { compress, epochs: 2, workers: 1, seed: 4 });
    const alone = await memSGD(data, { compress, epochs: 2, seed: 4, average: 'final', rate: 'bottou:1' });
    assert.equal(parallel.weights, alone.weights);
    assert.equal(parallel.memory, alone.memory);
  }
});

interface Runs {
  readonly runs: readonly {
    readonly name: string;
    readonly epochs: number;
    readonly params: { readonly initial_lr: number; readonly regularizer: number; readonly take_k?: number };
  }[];
}

const golden = new Golden<Runs>(new URL('golden/parallel_one_worker', import.meta.url));
for (const { name, epochs, params } of golden.scalars.runs) {
  test(`reference run ${name} of one worker`, async () => {
    const data: LinearData = {
      values: Float64Array.from(golden.values('X')),
      labels: golden.values('y'),
      shape: golden.shape('X') as unknown as readonly [number, number],
    };
    const { weights } = await parallelMemSGD(data, {
      ...{ epochs, workers: 1, lambda: params.regularizer, rate: `bottou:${params.initial_lr}` },
      compress: params.take_k === undefined ? 'none' : `top-k:${params.take_k}`,
      order: Int32Array.from(golden.values(`${name}.order`)),
      start: Float64Array.from(golden.values('w0')),
    });
    assertClose(weights, golden.values(`${name}.w_final`), { rtol: 1e-5, atol: 1e-6 });
  });
}

test('bad options are refused', async () => {
  const data = rows(10, 3);
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ workers: 0 }, /workers must be a whole number from 1/],
    [{ workers: 65 }, /at most 64, got 65/],
    [{ atomic: 1 }, /atomic must be true or false/],
    [{ average: 'mean' }, /no option 'average'/],
    [{ compress: 'qsgd:4' }, /must be none, top-k, rand-k or ultra/],
    [{ precision: 'float64' }, /with precision float32/],
  ];
  for (const [options, message] of cases) {
    await assertRejects(() => parallelMemSGD(data, options as ParallelMemSGDOptions), OptionError, message);
  }
});

test('the signal stops all workers', async () => {
  const controller = new AbortController();
  const run = parallelMemSGD(rows(300, 6), {
    epochs: 50,
    signal: controller.signal,
    onProgress: ({ step }) => {
      if (step > 100) controller.abort(new Error('enough'));
    },
  });
  await assertRejects(() => run, Error, /enough/);
});

test.run();
