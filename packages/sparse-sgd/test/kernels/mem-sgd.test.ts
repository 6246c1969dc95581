import {
  type Buffer,
  createJsDevice,
  createWasmDevice,
  type Device,
  type DType,
  type TypedArray,
} from '@saccade/kernels';
import { Rng } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sparseSgdKernels } from '../../src/kernels/extension.js';
import type { Choice, MemSgdSizes } from '../../src/kernels/table.js';

interface Problem {
  readonly values: Float32Array;
  readonly labels: Float32Array;
  readonly order: Int32Array;
  readonly rates: Float64Array;
}

function problem(rows: number, features: number, steps: number): Problem {
  const rng = new Rng(7);
  return {
    values: rng.normal([rows, features]).dataSync() as Float32Array,
    labels: Float32Array.from({ length: rows }, () => (rng.number() < 0.5 ? -1 : 1)),
    order: Int32Array.from({ length: steps }, () => Math.floor(rng.number() * rows)),
    rates: Float64Array.from({ length: steps }, (_, t) => 1 / (1 + t / 100)),
  };
}

/** A run of the kernel on a device that goes on where it stood. */
class Run {
  readonly to: (count: number) => void;
  readonly x: () => Float64Array;
  readonly memory: () => Float64Array;
  readonly sums: () => Float64Array;
  readonly sent: () => TypedArray;

  constructor(
    device: Device,
    { values, labels, order, rates }: Problem,
    choice: Choice,
    sizes: Omit<MemSgdSizes, 'count'>,
  ) {
    const put = (dtype: DType, array: TypedArray): Buffer => {
      const buffer = device.allocate(dtype, array.length);
      device.write(buffer, array);
      return buffer;
    };
    const numbers = (array: Float64Array): Buffer => put('float64', array);
    const read = (buffer: Buffer) => (): Float64Array => device.readSync!(buffer) as Float64Array;
    const d = sizes.features * sizes.classes;
    const none = put('int32', Int32Array.of(0));
    const [x, memory, sums] = [d, d * sizes.workers, d].map((length) => numbers(new Float64Array(length)));
    const given = Int32Array.from({ length: order.length * sizes.k }, (_, i) => (i * 5 + (i >> 3)) % d);
    const sent = put('int32', choice === 'given' ? given : new Int32Array(given.length));
    const counter = put('int32', Int32Array.of(0));
    const rows = [none, none, put('float32', values), put('float32', labels), put('int32', order)] as const;
    const state = [x!, memory!, sums!, sent, counter] as const;
    const rated = [numbers(rates), numbers(rates)] as const;
    const kernels = device.extend(sparseSgdKernels);
    this.to = (count) => kernels.memSgd(...rows, ...rated, ...state, choice, { ...sizes, count });
    [this.x, this.memory, this.sums] = [read(x!), read(memory!), read(sums!)];
    this.sent = () => device.readSync!(sent);
  }
}

const base = {
  dense: true,
  classes: 1,
  workers: 1,
  lambda: 0.01,
  scale: 1,
  remembers: true,
  averages: true,
  atomic: false,
};

for (const [remembers, scale] of [
  [false, 1],
  [false, 4],
] as const) {
  for (const choice of ['all', 'largest', 'given'] as const) {
    if (scale !== 1 && choice !== 'given') continue;
    test(`without memory, ${choice} times ${scale}: sums, entries and all are those of the oracle`, () => {
      const data = problem(40, 11, 60);
      const sizes = { ...base, features: 11, k: 2, remembers, scale };
      const oracle = new Run(createJsDevice(), data, choice, sizes);
      const kernel = new Run(createWasmDevice({ threads: 1 }), data, choice, sizes);
      oracle.to(60);
      kernel.to(60);
      assertClose(kernel.x(), oracle.x(), { rtol: 1e-9, atol: 1e-12 }, 'x');
      assertClose(kernel.sums(), oracle.sums(), { rtol: 1e-9, atol: 1e-12 }, 'sums');
      assert.ok(kernel.memory().every((value) => value === 0));
    });
  }
}

for (const choice of ['all', 'largest', 'given'] as const) {
  for (const [features, k] of [
    [1, 1],
    [7, 2],
    [33, 1],
    [64, 20],
  ] as const) {
    test(`steps that send ${choice} are those of the oracle: ${k} of ${features}`, () => {
      const data = problem(40, features, 120);
      const sizes = { ...base, features, k };
      const oracle = new Run(createJsDevice(), data, choice, sizes);
      const kernel = new Run(createWasmDevice({ threads: 1 }), data, choice, sizes);
      // In two goes, as slices of a run are.
      for (const count of [50, 120]) {
        oracle.to(count);
        kernel.to(count);
        assertClose(kernel.x(), oracle.x(), { rtol: 1e-9, atol: 1e-12 }, 'x');
        assertClose(kernel.memory(), oracle.memory(), { rtol: 1e-9, atol: 1e-12 }, 'memory');
        assertClose(kernel.sums(), oracle.sums(), { rtol: 1e-9, atol: 1e-12 }, 'sums');
      }
      if (choice === 'largest') {
        const sorted = (sent: TypedArray, step: number): number[] =>
          Array.from(sent.subarray(step * k, (step + 1) * k)).sort((a, b) => a - b);
        assert.equal(sorted(kernel.sent(), 0), sorted(oracle.sent(), 0));
      }
    });
  }
}

test('on the wasm device float64 buffers do not make it run as JavaScript', () => {
  const device = createWasmDevice({ threads: 1 });
  new Run(device, problem(10, 5, 10), 'largest', { ...base, features: 5, k: 1 }).to(10);
  assert.equal(device.report(), []);
  device.dispose();
});

test('of equal entries the one with the lowest position is sent', () => {
  for (const k of [1, 3]) {
    const data = { ...problem(1, 12, 1), values: new Float32Array(12).fill(1) };
    const run = new Run(createWasmDevice({ threads: 1 }), data, 'largest', { ...base, features: 12, k });
    run.to(1);
    assert.equal(
      Array.from(run.sent()).sort((a, b) => a - b),
      [0, 1, 2].slice(0, k),
    );
  }
});

for (const atomic of [false, true]) {
  test(`workers that take turns on one thread keep memories of their own${atomic ? ', with compare-and-exchange' : ''}`, () => {
    const data = problem(40, 9, 90);
    const sizes = { ...base, features: 9, k: 1, workers: 3, averages: false, atomic };
    for (const choice of ['largest', 'given', 'all'] as const) {
      const oracle = new Run(createJsDevice(), data, choice, sizes);
      const kernel = new Run(createWasmDevice({ threads: 1 }), data, choice, sizes);
      oracle.to(90);
      kernel.to(90);
      assertClose(kernel.x(), oracle.x(), { rtol: 1e-9, atol: 1e-12 }, choice);
      assertClose(kernel.memory(), oracle.memory(), { rtol: 1e-9, atol: 1e-12 }, choice);
    }
  });
}

test('x_t - xt_t = m_t to 1e-3 over a million steps: the virtual iterate takes the gradients of the real one, in float64', () => {
  const steps = 1_000_000;
  const [rows, features] = [500, 8];
  const data = {
    ...problem(rows, features, steps),
    rates: Float64Array.from({ length: steps }, (_, t) => 1 / (1 + t / rows)),
  };
  const run = new Run(createWasmDevice({ threads: 1 }), data, 'largest', {
    ...base,
    features,
    k: 1,
    averages: false,
    lambda: 1 / rows,
  });
  const virtual = new Float64Array(features);
  let worst = 0;
  let x = run.x();
  for (let t = 0; t < steps; t++) {
    const from = data.order[t]! * features;
    const y = data.labels[data.order[t]!]!;
    let z = 0;
    for (let j = 0; j < features; j++) z += data.values[from + j]! * x[j]!;
    const slope = -y / (1 + Math.exp(y * z));
    const rate = data.rates[t]!;
    for (let j = 0; j < features; j++) virtual[j]! -= rate * (slope * data.values[from + j]! + x[j]! / rows);
    run.to(t + 1);
    x = run.x();
    if ((t + 1) % 100_000 === 0) {
      const m = run.memory();
      let [difference, size] = [0, 0];
      for (let j = 0; j < features; j++) {
        difference += (x[j]! - virtual[j]! - m[j]!) ** 2;
        size += m[j]! ** 2;
      }
      worst = Math.max(worst, Math.sqrt(difference / size));
    }
  }
  assert.ok(worst > 0 && worst < 1e-3, `relative difference ${worst}`);
});

test.run();
