import { FormatError, OptionError, Rng, SaccadeError, ShapeError } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Compressor } from '../src/compress/compressor.js';
import { entriesAt } from '../src/compress/entries.js';
import { qsgd } from '../src/compress/qsgd.js';
import type { LinearData } from '../src/training/linear-data.js';
import { type MemSGDResult, memSGD } from '../src/training/mem-sgd.js';
import { bottou, constant, decay, epochDecay } from '../src/training/schedules.js';
import type { MemSGDOptions } from '../src/training/sgd-options.js';

/** Rows that a plane tells apart, most of them. */
function rows(count: number, features: number, seed = 1): LinearData {
  const rng = new Rng(seed);
  const values = rng.normal([count, features]).dataSync() as Float32Array;
  const noise = rng.normal([count]).dataSync();
  const labels = Array.from({ length: count }, (_, i) => {
    let z = noise[i]! * 0.5;
    for (let j = 0; j < features; j++) z += values[i * features + j]! / (1 + j);
    return z > 0 ? 1 : -1;
  });
  return { values: values.map((value) => value / Math.sqrt(features)), labels, shape: [count, features] };
}

function toSparse({ values, labels, shape }: LinearData): LinearData {
  const dense = values as Float32Array;
  const [n, d] = shape;
  const columns = Int32Array.from(dense, (_, i) => i % d);
  return { values: dense, labels, shape, columns, rowStart: Int32Array.from({ length: n + 1 }, (_, i) => i * d) };
}

test('it learns, sends one entry a step, and gives the same bits for the same seed', async () => {
  const data = rows(200, 20);
  const run = (seed: number): Promise<MemSGDResult> => memSGD(data, { epochs: 5, seed });
  const result = await run(3);
  assert.is(result.steps, 1000);
  assert.is(result.curve.length, 51);
  assertClose(result.curve[0]!.loss, Math.log(2), { rtol: 1e-12 });
  assert.ok(result.loss < 0.55 && result.accuracy > 0.8);
  assert.is(result.bits, 1000 * 64);
  assert.ok(result.bytes > 5 * 1000 && result.bytes < 17 * 1000);
  assert.equal((await run(3)).estimate, result.estimate);
  assert.not.equal((await run(4)).estimate, result.estimate);
});

test('bad options are refused by name', async () => {
  const data = rows(20, 4);
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ k: 3 }, /no option 'k'/],
    [{ compress: 'top-k:0' }, /k must be a whole number from 1/],
    [{ compress: 'top-k:1.5' }, /whole number/],
    [{ compress: 'zip' }, /zip/],
    [{ epochs: 0 }, /epochs must be a whole number from 1/],
    [{ evaluations: 0.5 }, /evaluations must be a whole number/],
    [{ lambda: -1 }, /lambda must be a number from 0/],
    [{ lambda: 0 }, /divides by lambda, which is 0/],
    [{ tau: 0 }, /tau/],
    [{ rate: 'decay:2,0' }, /shift/],
    [{ average: 'median' }, /average must be one of/],
    [{ order: 'sorted' }, /order must be 'shuffle', 'draw'/],
    [{ order: new Int32Array(20).fill(20) }, /order must name rows in \[0, 19\]/],
    [{ precision: 'int8' }, /precision must be/],
    [{ unbiased: true, memory: false }, /unbiased is for rand-k without memory, got top-k:1/],
    [{ unbiased: true, compress: 'rand-k:1' }, /got rand-k:1 with memory/],
    [{ loss: 'hinge' }, /loss must be 'logistic' or 'softmax'/],
    [{ start: -1 }, /start must be a number from 0/],
    [{ start: Float64Array.of(1, Number.NaN, 0, 0) }, /start must be finite, got NaN at 1/],
    [{ rate: 0.1 }, /rate must be text such as/],
    [{ compress: 5 }, /compress must be a name such as/],
    [{ compress: { compress() {} } }, /compress must be a name such as/],
    [{ memory: 'no' }, /memory must be true or false/],
    [{ memory: true, compress: 'qsgd:1' }, /qsgd:1 is unbiased and no contraction/],
    [{ memory: true, compress: 'rand-k:1/unbiased' }, /unbiased and no contraction/],
  ];
  for (const [options, message] of cases) {
    await assertRejects(() => memSGD(data, options as MemSGDOptions), OptionError, message);
  }
  await assertRejects(
    () => memSGD(data, { start: new Float64Array(3) }),
    ShapeError,
    /start must be 4 numbers in a Float32Array or Float64Array/,
  );
});

test('fewer than ten rows, and numbers of rows that ten does not divide, are fine', async () => {
  for (const [count, epochs, evaluations] of [
    [1, 2, 10],
    [3, 2, 10],
    [9, 2, 10],
    [23, 5, 10],
    [25, 2, 10],
    [1, 1, 49],
    [7, 3, 1e9],
  ] as const) {
    const { curve, steps } = await memSGD(rows(count, 3), { epochs, evaluations });
    assert.is(steps, epochs * count);
    assert.is(curve.at(-1)!.step, epochs * count);
    assert.ok(curve.every(({ loss }) => loss > 0 && Number.isFinite(loss)));
  }
});

test('compressors that are unbiased have no memory unless it is asked for', async () => {
  const { memory, loss } = await memSGD(rows(100, 20), { compress: 'qsgd:1', rate: 'bottou:1' });
  assert.ok(memory.every((value) => value === 0));
  assert.ok(loss < 2);
});

test('features beyond float32 want the other precision', async () => {
  const data: LinearData = { labels: [1, -1], values: Float64Array.of(1, 1e39), shape: [2, 1] };
  await assertRejects(
    () => memSGD(data),
    OptionError,
    /value number 1 is 1e\+39, too large for float32; pass precision/,
  );
});

test('a model that leaves all bounds is told, not returned', async () => {
  const plain = rows(50, 3);
  const data = { ...plain, values: (plain.values as Float32Array).map((value) => value * 1e30) };
  for (const precision of ['float32', 'float64'] as const) {
    const run = memSGD(data, { rate: constant(1e300), lambda: 1, precision, compress: 'none', epochs: 20 });
    await assertRejects(() => run, SaccadeError, /no longer finite|must be finite|not finite/);
  }
});

test('the signal stops it, progress is told', async () => {
  const controller = new AbortController();
  const seen: number[] = [];
  const run = memSGD(rows(100, 4), {
    epochs: 10,
    signal: controller.signal,
    onProgress: ({ step, steps, loss }) => {
      assert.is(steps, 1000);
      assert.ok(loss > 0);
      seen.push(step);
      if (step >= 300) controller.abort(new Error('enough'));
    },
  });
  await assertRejects(() => run, Error, /enough/);
  assert.equal(seen.slice(0, 4), [0, 10, 20, 30]);
  assert.is(seen.at(-1), 300);
});

for (const compress of ['top-k:1', 'top-k:3', 'rand-k:2', 'ultra:0.4', 'none']) {
  for (const memory of [true, false]) {
    test(`the kernel does what plain JavaScript does: ${compress}${memory ? '' : ' without memory'}`, async () => {
      const data = rows(150, 13);
      const options: MemSGDOptions = {
        compress,
        memory,
        epochs: 3,
        rate: bottou({ gamma: 0.5 }),
        start: 0.01,
        seed: 5,
      };
      for (const form of [data, toSparse(data)]) {
        const fast = await memSGD(form, options);
        const plain = await memSGD(form, { ...options, precision: 'float64' });
        assertClose(fast.estimate, plain.estimate, { rtol: 1e-3, atol: 1e-4 }, 'estimate');
        assertClose(fast.weights, plain.weights, { rtol: 1e-3, atol: 1e-4 }, 'weights');
        assertClose(fast.memory, plain.memory, { rtol: 1e-2, atol: 1e-4 }, 'memory');
        assert.is(fast.bits, plain.bits);
        assert.is(fast.bytes, plain.bytes);
        assertClose(
          fast.curve.map(({ loss }) => loss),
          plain.curve.map(({ loss }) => loss),
          { rtol: 1e-4 },
          'losses',
        );
      }
    });
  }
}

test('the kernel counts what plain JavaScript sends, zeros and all: sparse rows, k as large as the model, steps of all lengths', async () => {
  const rng = new Rng(9);
  const columns = Int32Array.from({ length: 400 }, (_, i) => (i % 2) * 25 + Math.floor(rng.number() * 25));
  const sparse: LinearData = {
    labels: Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 1 : -1)),
    rowStart: Int32Array.from({ length: 201 }, (_, i) => 2 * i),
    columns,
    values: new Float32Array(400).fill(0.7),
    shape: [200, 50],
  };
  for (const options of [
    { compress: 'top-k:10', lambda: 0 },
    { compress: 'rand-k:1', lambda: 0, memory: false },
    { compress: 'rand-k:3', lambda: 0 },
    { compress: 'top-k:50' },
    { compress: 'ultra:1' },
    { compress: 'none' },
  ]) {
    const base: MemSGDOptions = { ...options, rate: 'bottou:1', seed: 6 };
    const fast = await memSGD(sparse, base);
    const plain = await memSGD(sparse, { ...base, precision: 'float64' });
    assert.is(fast.bits, plain.bits, `bits of ${options.compress}`);
    assert.is(fast.bytes, plain.bytes, `bytes of ${options.compress}`);
    assertClose(fast.estimate, plain.estimate, { rtol: 1e-4, atol: 1e-6 }, options.compress);
  }
});

test('several classes: the kernel and plain JavaScript agree, sparse and dense', async () => {
  const data = rows(120, 6);
  const labels = Array.from(data.labels as ArrayLike<number>, (label, i) => (label > 0 ? 2 : i % 2));
  const options: MemSGDOptions = { loss: 'softmax', compress: 'top-k:2', epochs: 3, rate: 'bottou:1', average: 'mean' };
  for (const form of [data, toSparse(data)]) {
    const fast = await memSGD({ ...form, labels }, options);
    const plain = await memSGD({ ...form, labels }, { ...options, precision: 'float64' });
    assert.is(fast.weights.length, 18);
    assertClose(fast.estimate, plain.estimate, { rtol: 1e-3, atol: 1e-4 });
    assert.ok(fast.loss < 0.95 * fast.curve[0]!.loss);
  }
});

test('rand-k without memory, scaled, is unbiased: with all entries it is SGD', async () => {
  const data = rows(60, 5);
  const options: MemSGDOptions = { memory: false, rate: 'bottou:1' };
  const scaled = await memSGD(data, { ...options, compress: 'rand-k:5', unbiased: true });
  assertClose(scaled.estimate, (await memSGD(data, { ...options, compress: 'none' })).estimate, { rtol: 1e-5 });
  const few = await memSGD(data, { ...options, compress: 'rand-k:1', unbiased: true, precision: 'float64' });
  assertClose((await memSGD(data, { ...options, compress: 'rand-k:1', unbiased: true })).estimate, few.estimate, {
    rtol: 1e-3,
    atol: 1e-5,
  });
});

/** What `fit.json` says of a run. */
interface Fit {
  readonly runs: readonly {
    readonly form: 'dense' | 'csr';
    readonly name: string;
    readonly epochs: number;
    readonly loss: number;
    readonly score: number;
    readonly params: Readonly<Record<string, number | string | boolean>>;
  }[];
}

/** Replays what a recorded run drew. */
function recorded(
  golden: Golden<Fit>,
  prefix: string,
  { take_k: k, take_top: top, qsgd_s: s }: Fit['runs'][0]['params'],
): string | Compressor {
  if (s !== undefined) {
    const uniforms = Float64Array.from(golden.values(`${prefix}uniforms`));
    return {
      name: 'recorded qsgd',
      unbiased: true,
      contraction: () => undefined,
      compress: (v, _, { step }) =>
        qsgd(v, s as number, { uniforms: uniforms.subarray(step * v.length, (step + 1) * v.length) }),
    };
  }
  if (k === undefined) return 'none';
  if (top) return `top-k:${k}`;
  const indices = Int32Array.from(golden.values(`${prefix}indices`));
  const count = k as number;
  return {
    name: 'recorded rand-k',
    unbiased: false,
    contraction: (length) => count / length,
    compress: (v, _, { step }) => ({
      ...entriesAt(v, indices.slice(step * count, (step + 1) * count).sort()),
      kind: 'sparse',
      length: v.length,
    }),
  };
}

function rateOf(params: Fit['runs'][0]['params']): MemSGDOptions['rate'] {
  const gamma = params.initial_lr as number;
  if (params.lr_type === 'constant') return constant(gamma);
  if (params.lr_type === 'epoch-decay') return epochDecay(gamma, params.epoch_decay_lr as number);
  return params.lr_type === 'bottou' ? bottou({ gamma }) : decay({ gamma, shift: params.tau as number });
}

const golden = new Golden<Fit>(new URL('golden/fit', import.meta.url));
for (const { form, name, epochs, params, loss, score } of golden.scalars.runs) {
  test(`reference run ${form} ${name}`, async () => {
    const prefix = `${form}.${name}.`;
    const [n, d] = golden.shape('X') as readonly [number, number];
    const dense = { values: Float64Array.from(golden.values('X')), labels: golden.values('y'), shape: [n, d] as const };
    const stored = Array.from(dense.values.keys()).filter((i) => dense.values[i] !== 0);
    const csr = {
      ...dense,
      values: Float64Array.from(stored, (i) => dense.values[i]!),
      columns: Int32Array.from(stored, (i) => i % d),
      rowStart: Int32Array.from({ length: n + 1 }, (_, row) => stored.filter((i) => i < row * d).length),
    };
    const options: MemSGDOptions = {
      ...{ epochs, compress: recorded(golden, prefix, params), memory: params.with_memory === true },
      ...{ rate: rateOf(params), average: params.estimate as 'mean', tau: (params.tau as number | undefined) ?? 1 },
      ...{
        lambda: (params.regularizer as number | undefined) ?? 0,
        order: Int32Array.from(golden.values(`${prefix}order`)),
      },
      start: Float64Array.from(golden.values('w0')),
    };
    const losses = golden.values(`${prefix}losses_fine`).slice(0, -1);
    for (const precision of ['float64', 'float32'] as const) {
      const result = await memSGD(form === 'csr' ? csr : dense, { ...options, precision });
      const exact = precision === 'float64';
      const tolerance = exact ? { rtol: 1e-10, atol: 1e-12 } : { rtol: 1e-3, atol: 1e-5 };
      const lossTolerance = { rtol: exact ? 1e-10 : 1e-4 };
      assertClose(result.curve.map((point) => point.loss).slice(0, -1), losses, lossTolerance, 'losses');
      assertClose(result.loss, loss, lossTolerance, 'loss');
      assertClose(result.estimate, golden.values(`${prefix}w_estimate`), tolerance, 'estimate');
      assertClose(result.weights, golden.values(`${prefix}w_final`), tolerance, 'weights');
      assert.is(result.accuracy, score);
    }
  });
}

test('a run that was stopped goes on from its check point and ends with the same bits', async () => {
  const data = rows(200, 9);
  for (const options of [
    { compress: 'top-k:2' },
    { compress: 'rand-k:2' },
    { compress: 'qsgd:4', memory: false },
    { compress: 'top-k:1', precision: 'float64' },
  ] as const) {
    let bytes: Uint8Array | undefined;
    const to = {
      load: async () => bytes,
      save: async (saved: Uint8Array) => {
        bytes = saved.slice();
      },
    };
    const base: MemSGDOptions = { ...options, epochs: 4, rate: 'bottou:1', seed: 2 };
    const whole = await memSGD(data, base);
    const controller = new AbortController();
    const stopped = memSGD(data, {
      ...base,
      checkpoint: { to },
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step >= 300) controller.abort(new Error('stop'));
      },
    });
    await assertRejects(() => stopped, Error, /stop/);
    const resumed = await memSGD(data, { ...base, checkpoint: { to } });
    assert.equal(resumed.estimate, whole.estimate);
    assert.equal(resumed.curve, whole.curve);
    const others: readonly (readonly [LinearData, MemSGDOptions])[] = [
      [data, { lambda: 0.5 }],
      [data, { order: 'draw' }],
      [data, { start: 0.5 }],
      [data, { positive: -1 }],
      [{ ...data, values: (data.values as Float32Array).map((value) => -value) }, {}],
    ];
    for (const [rowsOf, change] of others) {
      const other = memSGD(rowsOf, { ...base, ...change, checkpoint: { to } });
      await assertRejects(() => other, OptionError, /of a run with other data or options/);
    }
    await assertRejects(() => memSGD(data, { ...base, epochs: 1, checkpoint: { to } }), FormatError, /longer run/);
    const longer = await memSGD(data, { ...base, epochs: 5, checkpoint: { to } });
    assert.is(longer.steps, 1000);
    bytes = bytes!.subarray(0, 40);
    await assertRejects(() => memSGD(data, { ...base, checkpoint: { to } }), SaccadeError);
  }
});

test("a compressor of one's own is as good as those by name", async () => {
  const data = rows(80, 6);
  const first: Compressor = {
    name: 'first',
    unbiased: false,
    contraction: () => undefined,
    compress: (v) => ({ ...entriesAt(v, Int32Array.of(0)), kind: 'sparse', length: v.length }),
  };
  const { weights, memory } = await memSGD(data, { compress: first, rate: 'bottou:1' });
  assert.ok(weights[0] !== 0);
  assert.ok(Array.from(weights.subarray(1)).every((value) => value === 0));
  assert.is(memory[0], 0);
});

test.run();
