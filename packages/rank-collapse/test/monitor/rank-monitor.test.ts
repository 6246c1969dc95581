/** The monitor: in training and out of it, its alarms, what it reads and what it leaves behind. */
import { Adam, batches, fit, inMemory, Linear, meanSquaredError } from '@saccade/nn';
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type RankMonitorOptions, rankMonitor } from '../../src/monitor/rank-monitor.js';
import type { MonitoredStates } from '../../src/monitor/read-states.js';
import type { RankReport } from '../../src/monitor/report.js';
import { attentionStack } from './attention-stack.js';

onTestDevice(test, init);

const deep = () => attentionStack({ layers: 6, skip: false });
const withSkips = () => attentionStack({ layers: 6, skip: true });

test('the alarm goes off at step 0 for six layers without skips, and not with them', async () => {
  const before = memory().tensors;
  const alarms: RankReport[] = [];
  const bad = rankMonitor({ states: deep, onAlarm: (report) => alarms.push(report) });
  const good = rankMonitor({ states: withSkips, onAlarm: (report) => alarms.push(report) });
  const [first] = [await bad.check(), await good.check()];
  assert.is(alarms.length, 1);
  assert.is(alarms[0], first);
  assert.is(first.step, 0);
  assert.is(bad.level, 'collapsed');
  assert.match(
    bad.message,
    /^collapsed: from layer 2 of 6 on tokens are one and the same.*trackResidual sees below it/,
  );
  assert.is(good.level, 'ok');
  assert.match(good.message, /^ok: residual ratio 0\.\d+ after layer 6 of 6$/);
  assert.is(memory().tensors, before);
});

test('reports hold every layer and go through JSON unchanged', async () => {
  const monitor = rankMonitor({ states: withSkips });
  const report = await monitor.check(7);
  assert.is(report.step, 7);
  assert.equal(
    report.layers.map(({ layer }) => layer),
    [0, 1, 2, 3, 4, 5, 6],
  );
  const [before, after] = [report.layers[0]!, report.layers[6]!];
  assert.is(before.attentionEntropy, undefined);
  assert.ok((after.relativeEntropy as number) > 0.9 && (after.spectralGap as number) > 0.9);
  assert.equal(JSON.parse(JSON.stringify(report)), report);
});

test('fit calls it: at the first step and at each k-th, after a look before', async () => {
  const rng = new Rng(2);
  const x = rng.normal([20, 3]);
  const model = new Linear(3, 1, { rng });
  const data = batches(inMemory({ x }), { size: 2, seed: 1 });
  const loss = ({ x: input }: { x: Tensor }) => meanSquaredError(model.forward(input), zeros([2, 1]));
  const steps = async (every: number, early: boolean): Promise<number[]> => {
    const monitor = rankMonitor({ states: () => attentionStack({ layers: 2, skip: true }), every });
    if (early) await monitor.check();
    await fit(model, { data, loss, optimizer: new Adam(model, { rate: 1e-3 }), epochs: 2, onStep: monitor });
    return monitor.history.map(({ step }) => step);
  };
  assert.equal(await steps(7, true), [0, 7, 14]);
  assert.equal(await steps(7, false), [1, 7, 14]);
  assert.equal(await steps(50, true), [0]);
  x.dispose();
  model.dispose();
});

test('in a loop of its own it looks before step 0 and each k-th', async () => {
  const monitor = rankMonitor({ states: () => attentionStack({ layers: 2, skip: true }), every: 3 });
  const looked: number[] = [];
  for (let step = 0; step < 8; step++) if ((await monitor()) !== undefined) looked.push(step);
  assert.equal(looked, [0, 3, 6]);
  assert.equal(
    monitor.history.map(({ step }) => step),
    [0, 3, 6],
  );
});

test('one alarm for each worsening, and reports of all looks', async () => {
  const kinds = [withSkips, deep, deep, withSkips, deep];
  const alarms: number[] = [];
  const reports: number[] = [];
  const monitor = rankMonitor({
    states: () => kinds[reports.length]!(),
    onAlarm: ({ step }) => alarms.push(step),
    onReport: async ({ step }) => reports.push(step),
  });
  for (let step = 0; step < kinds.length; step++) await monitor.check(step);
  assert.equal(reports, [0, 1, 2, 3, 4]);
  assert.equal(alarms, [1, 4]);
});

test('padding leaves nothing behind in any signal', async () => {
  const short = scope(() => attentionStack({ layers: 2, skip: true, batch: 1, tokens: 5 }));
  const padded = await widened(short, 8);
  const [alone, masked] = [
    await rankMonitor({ states: () => short }).check(),
    await rankMonitor({ states: () => padded }).check(),
  ];
  for (const [i, layer] of alone.layers.entries()) {
    for (const [name, value] of Object.entries(layer)) {
      const other = Reflect.get(masked.layers[i]!, name);
      assert.ok(value === other, `${name} of layer ${i}: ${value} and ${other}`);
    }
  }
  for (const t of [...short.hidden, ...short.attention!, ...padded.hidden, ...padded.attention!, padded.mask!])
    t.dispose();
});

/** The same text with tokens of padding that are far away. */
async function widened({ hidden, attention }: MonitoredStates, to: number): Promise<MonitoredStates> {
  const wide = async (t: Tensor, rows: number, columns: number, fill: number): Promise<Float32Array> => {
    const values = Float32Array.from(await t.data());
    const matrices = t.size / (rows * columns);
    const width = fill === 0 ? to : columns;
    const out = new Float32Array(matrices * to * width).fill(fill);
    for (let i = 0; i < values.length; i++) {
      const [m, r, c] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
      out[(m * to + r) * width + c] = values[i]!;
    }
    return out;
  };
  const n = hidden[0]!.shape[1] as number;
  return {
    hidden: await Promise.all(
      hidden.map(async (t) => tensor(await wide(t, n, t.shape[2]!, 99), { shape: [1, to, t.shape[2]!] })),
    ),
    attention: await Promise.all(
      attention!.map(async (t) => tensor(await wide(t, n, n, 0), { shape: [1, t.shape[1]!, to, to] })),
    ),
    mask: tensor(
      Array.from({ length: to }, (_, i) => i < n),
      { dtype: 'bool' },
    ),
  };
}

test('gradients give the ratio of their norms, and are freed', async () => {
  const before = memory().tensors;
  const monitor = rankMonitor({
    states: async () => attentionStack({ layers: 2, skip: true }),
    gradients: async () => [
      { query: tensor([3, 4]), value: tensor([10]) },
      { query: tensor([1]), value: tensor([0]) },
    ],
  });
  const { layers } = await monitor.check();
  assert.is(layers[0]!.gradientRatio, undefined);
  assertClose(layers[1]!.gradientRatio as number, 0.5);
  assert.is(layers[2]!.gradientRatio, undefined);
  assert.is(memory().tensors, before);
});

test('attention to single tokens is a flag of its own', async () => {
  const sharp = (): MonitoredStates => ({
    hidden: [new Rng(1).normal([4, 3]), new Rng(2).normal([4, 3])],
    attention: [
      tensor([
        [
          [0, 1, 0, 0],
          [0, 0, 1, 0],
          [0, 0, 0, 1],
          [1, 0, 0, 0],
        ],
      ]),
    ],
  });
  const alarms: RankReport[] = [];
  const report = await rankMonitor({ states: sharp, onAlarm: (alarm) => alarms.push(alarm) }).check();
  assert.is(report.level, 'ok');
  assert.equal(report.entropyCollapse, [1]);
  assert.match(report.message, /^ok: .*; entropy collapse: queries of layer 1 look at hardly more than one token$/);
  assert.is(alarms.length, 0);
});

test('one text is a batch of one, and only so many texts are looked at', async () => {
  const rng = new Rng(4);
  const flat = await rankMonitor({ states: () => ({ hidden: [rng.normal([5, 3]), rng.normal([5, 3])] }) }).check();
  assert.is(flat.layers[1]!.tokens, 5);
  const batch = new Rng(5).normal([6, 5, 3]);
  const of = async (states: Tensor, samples: number): Promise<number> =>
    (await rankMonitor({ states: () => ({ hidden: [states, states] }), samples }).check()).layers[1]!.ratio;
  const two = batch.at('0:2');
  assert.is(await of(batch, 2), await of(two, 4));
  assert.is.not(await of(batch, 2), await of(batch, 6));
  batch.dispose();
  two.dispose();
});

test('options and states that make no sense are typed errors', async () => {
  const states = deep;
  const bad: [Partial<RankMonitorOptions> & Record<string, unknown>, RegExp][] = [
    [{ states: undefined as never }, /rankMonitor: states must be a function, got undefined/],
    [{ every: 0 }, /rankMonitor: every must be a whole number from 1, got 0/],
    [{ samples: 1.5 }, /rankMonitor: samples must be a whole number from 1, got 1.5/],
    [{ leastEntropy: 2 }, /rankMonitor: leastEntropy must be a number in \[0, 1\], got 2/],
    [{ onAlarm: 3 as never }, /rankMonitor: onAlarm must be a function, got 3/],
    [{ interval: 3 }, /rankMonitor: no option 'interval'/],
  ];
  for (const [options, message] of bad) assertThrows(() => rankMonitor({ states, ...options }), OptionError, message);
  await assertRejects(() => rankMonitor({ states }).check(-1), OptionError, /rankMonitor: step must be/);
});

test('states that do not fit together are refused with their layer, and freed', async () => {
  const before = memory().tensors;
  const refused = async (
    states: () => MonitoredStates,
    kind: typeof OptionError | typeof ShapeError,
    message: RegExp,
  ) => assertRejects(() => rankMonitor({ states }).check(), kind, message);
  await refused(() => ({ hidden: [zeros([2, 3])] }), OptionError, /states must give \{ hidden \}, two or more tensors/);
  const two = (): Tensor[] => [zeros([2, 3]), zeros([2, 3])];
  await refused(
    () => ({ hidden: two(), attention: [] }),
    OptionError,
    /attention must be of 1 layers, one less than hidden, got 0/,
  );
  const square = /attention of layer 1 must be \[1, heads, 2, 2\], got \[1, 1, 2, 3\]/;
  await refused(() => ({ hidden: two(), attention: [zeros([1, 2, 3])] }), ShapeError, square);
  await refused(
    () => ({ hidden: [zeros([2, 3]), zeros([4, 3])] }),
    ShapeError,
    /hidden state 1 must be \[1, 2, channels\]/,
  );
  await refused(
    () => ({ hidden: [zeros([3]), zeros([3])] }),
    ShapeError,
    /hidden state 0 must be \[batch, tokens, channels\]/,
  );
  await refused(() => ({ hidden: two(), mask: zeros([3]) }), ShapeError, /mask must be \[2\], got \[3\]/);
  await refused(
    () => ({ hidden: two(), mask: zeros([2]) }),
    OptionError,
    /mask must leave each text a token, got none in text 0/,
  );
  const nan = (): Tensor[] => [zeros([2, 1]), tensor([[1], [Number.NaN]])];
  await refused(() => ({ hidden: nan() }), OptionError, /hidden states of layer 1 must be finite, got NaN/);
  assert.is(memory().tensors, before);
});

test.run();
