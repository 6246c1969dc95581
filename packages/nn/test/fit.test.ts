/** Training: results, resuming, aborting, early stopping, and errors that say where. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWasmDevice, useDevice } from '@saccade/kernels';
import {
  encodeSafetensors,
  FormatError,
  IndexError,
  loadSafetensors,
  memory,
  OptionError,
  Rng,
  SaccadeError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Adam,
  type AnyModule,
  accuracy,
  BatchNorm,
  batches,
  type CheckpointStore,
  crossEntropy,
  Dropout,
  type EpochRecord,
  ExponentialAverage,
  evaluate,
  type FitOptions,
  fit,
  Lambda,
  Linear,
  MLP,
  Module,
  NonFiniteError,
  ReLU,
  Sequential,
  SGD,
  StateDictError,
  type StepEvent,
} from '../src/index.js';

const test = suite<{ folder: string }>('fit');
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'saccade-fit-'));
});
test.after(({ folder }) => rmSync(folder, { recursive: true }));

/** A file in memory. */
function memoryStore(): CheckpointStore & { bytes: Uint8Array | undefined } {
  return {
    bytes: undefined,
    async load() {
      return this.bytes;
    },
    async save(bytes) {
      this.bytes = bytes.slice();
    },
  };
}

type Points = { readonly x: Tensor; readonly y: Tensor };

/** Whether a point lies in the circle. */
function points(count: number, seed: number): Points {
  return scope(() => {
    const x = new Rng(seed).uniform([count, 2], { low: -1, high: 1 });
    return { x, y: x.square().sum({ axis: 1 }).less(0.6).cast('int32') };
  });
}

/** A small run; `change` sets what a test is about. */
function run(model: Module, data: Points, change: Partial<FitOptions<Points>> = {}): FitOptions<Points> {
  return {
    data: batches(data, { size: 20, seed: 1 }),
    loss: ({ x, y }) => crossEntropy(model.forward(x), y),
    optimizer: new Adam(model, { rate: 0.02 }),
    epochs: 3,
    ...change,
  };
}

const network = (seed = 1): Module => new MLP([2, 16, 2], { rng: new Rng(seed), dropout: 0.1 });

async function weights(model: AnyModule): Promise<number[]> {
  const all: number[] = [];
  for (const t of model.parameters().values()) all.push(...(await t.data()));
  return all;
}

test('fit lowers the loss, tells every step and epoch, and leaves nothing behind', async () => {
  const data = points(200, 1);
  const model = network();
  const steps: StepEvent[] = [];
  const epochs: EpochRecord[] = [];
  const options = run(model, data, {
    epochs: 20,
    validation: batches(data, { size: 64, shuffle: false }),
    metrics: { accuracy: ({ x, y }) => accuracy(model.forward(x), y) },
    onStep: (event) => steps.push(event),
    onEpoch: (record) => epochs.push(record),
  });
  const before = memory().tensors;
  const result = await fit(model, options);
  assert.is(memory().tensors, before);
  assert.is(result.steps, 200);
  assert.equal(result.epochs, epochs);
  assert.is(steps.length, 200);
  assert.equal([steps[10]?.epoch, steps[10]?.step, steps[10]?.steps], [1, 1, 10]);
  assert.ok(steps.every(({ gradientNorm, rate }) => gradientNorm > 0 && rate === 0.02));
  const last = epochs.at(-1) as EpochRecord;
  assert.ok(last.loss < (epochs[0] as EpochRecord).loss / 2);
  assert.ok((last.validation?.accuracy as number) > 0.9);
  const again = await evaluate(model, batches(data, { size: 7 }), {
    accuracy: ({ x, y }) => accuracy(model.forward(x), y),
  });
  assert.ok(Math.abs(again.accuracy - (last.validation?.accuracy as number)) < 1e-6);
});

test('the same seeds give the same weights, on one thread and on two', async () => {
  const results: number[][] = [];
  for (const threads of [1, 2]) {
    const before = useDevice(createWasmDevice({ threads }));
    try {
      const model = network();
      await fit(model, run(model, points(200, 1)));
      results.push(await weights(model));
    } finally {
      useDevice(before);
    }
  }
  assert.equal(results[0], results[1]);
});

test('options that make no sense are refused before anything moves', async () => {
  const data = points(20, 1);
  const model = network();
  const refuse = (change: object, message: RegExp): Promise<Error> =>
    assertRejects(() => fit(model, run(model, data, change)), OptionError, message);
  await refuse({ epochs: 0 }, /fit: epochs must be a whole number from 1, got 0/);
  await refuse({ loss: 3 }, /fit: loss must be a function, got 3/);
  await refuse({ data: data }, /fit: data must come from batches/);
  await refuse({ speed: 3 }, /fit: no option 'speed'/);
  await refuse({ metrics: {} }, /metrics and early stopping need validation data/);
  await refuse({ checkpoint: { to: '' } }, /a check point goes to a path or to \{ load, save \}/);
  await refuse({ checkpoint: { to: 'x', everySteps: 0 } }, /everySteps/);
  const validation = batches(data, { size: 20 });
  await refuse({ validation, earlyStopping: { patience: -1 } }, /patience/);
  await refuse(
    { validation, earlyStopping: { metric: 'beauty' } },
    /early stopping watches "beauty", but there are loss/,
  );
});

test('an empty data set, examples that differ in number, and labels out of range are typed errors', async () => {
  const none = { x: zeros([0, 2]), y: zeros([0], { dtype: 'int32' }) };
  const model = network();
  assert.throws(() => batches(none, { size: 4 }), /the data set is empty/);
  await assertRejects(
    async () => batches({ x: zeros([3, 2]), y: zeros([2]) }, { size: 1 }),
    ShapeError,
    /\[3, 2\], \[2\]/,
  );
  const data = { x: zeros([4, 2]), y: tensor(Int32Array.of(0, 1, 2, 0)) };
  await assertRejects(() => fit(model, run(model, data)), IndexError, /label 2 at position \d is outside \[0, 2\)/);
  const wide = { x: zeros([4, 3]), y: tensor(Int32Array.of(0, 1, 1, 0)) };
  await assertRejects(() => fit(model, run(model, wide)), ShapeError, /Linear: expected \[..., 2\], got \[4, 3\]/);
});

test('a loss that is NaN stops the run and names the step and the layer where it began; nothing moved', async () => {
  const data = points(100, 1);
  const rng = new Rng(1);
  let calls = 0;
  const broken = new Lambda((x) => (++calls > 7 ? x.mul(-1).sub(1).sqrt() : x));
  const model = new Sequential(
    new Linear(2, 4, { rng }),
    new Sequential(new ReLU(), broken),
    new Linear(4, 2, { rng }),
  );
  const seen: number[] = [];
  let before: number[] = [];
  const options = run(model, data, {
    epochs: 2,
    onStep: async ({ loss }) => {
      seen.push(loss);
      before = await weights(model);
    },
  });
  const error = (await assertRejects(() => fit(model, options), NonFiniteError)) as NonFiniteError;
  assert.match(
    error.message,
    /the loss is NaN at step 2 of epoch 1 \(7 steps done\): it began in layer '1.1' \(Lambda\)/,
  );
  assert.equal([error.step, error.where], [7, '1.1']);
  assert.is(seen.length, 7);
  assert.equal(await weights(model), before);
});

test('a NaN in the batch, in a parameter, in the loss function or in a gradient is told apart', async () => {
  const fails = async (model: Module, data: Points, change: Partial<FitOptions<Points>>, message: RegExp) => {
    await assertRejects(() => fit(model, run(model, data, change)), NonFiniteError, message);
  };
  const data = points(20, 1);
  await fails(network(), { x: data.x.mul(NaN), y: data.y }, {}, /the batch holds values in 'x' that are not finite/);
  const poisoned = network();
  scope(() =>
    poisoned.loadStateDict(
      new Map([...poisoned.stateDict()].map(([name, t]) => [name, t.mul(name === '0.bias' ? NaN : 1)])),
    ),
  );
  await fails(poisoned, data, {}, /'0.bias' holds values that are not finite/);
  const model = network();
  const loss = ({ x }: Points): Tensor => model.forward(x).mean().square().neg().sub(1).log();
  await fails(model, data, { loss }, /all layers gave finite values, so it began in the loss function itself/);
  const corner = network();
  const root = ({ x }: Points): Tensor => corner.forward(x).mul(0).abs().sqrt().sum(); // the slope of a root at 0
  await fails(
    corner,
    data,
    { loss: root },
    /the gradient by '0.weight' is not finite at step 0 of epoch 0 .* though the loss is/,
  );
});

test('early stopping waits, stops, and gives back the best epoch', async () => {
  const data = points(60, 2);
  const model = network();
  let epoch = 0;
  const validation = batches(data, { size: 60 });
  const kept: number[][] = [];
  const script = [0.5, 0.7, 0.6, 0.7, 0.2, 0.9];
  const result = await fit(
    model,
    run(model, data, {
      epochs: 6,
      validation,
      metrics: { score: () => script[epoch] as number },
      earlyStopping: { metric: 'score', mode: 'max', patience: 3 },
      onStep: () => {},
      onEpoch: () => epoch++,
      loss: ({ x, y }) => {
        if (!model.training) kept[epoch] = [...model.parameters().values()].flatMap((t) => [...t.dataSync()]);
        return crossEntropy(model.forward(x), y);
      },
    }),
  );
  assert.equal([result.stoppedEarly, result.bestEpoch, result.epochs.length], [true, 1, 5]);
  assert.equal(await weights(model), kept[1]);
});

test('a run that was aborted leaves a check point, and goes on to the same weights bit for bit', async ({ folder }) => {
  const data = points(200, 1);
  const whole = network();
  const expected = await fit(whole, run(whole, data));
  for (const to of [memoryStore(), join(folder, 'aborted.safetensors')]) {
    for (const steps of [1, 13, 20]) {
      const first = network();
      const controller = new AbortController();
      let done = 0;
      const onStep = (): void => {
        if (++done === steps) controller.abort(new Error('enough'));
      };
      const options = run(first, data, { checkpoint: { to, resume: false }, signal: controller.signal, onStep });
      await assertRejects(() => fit(first, options), Error, /enough/);
      const second = network(9);
      const result = await fit(second, run(second, data, { checkpoint: { to } }));
      assert.equal(result, expected);
      assert.equal(await weights(second), await weights(whole));
    }
  }
});

test('a signal that a timer aborts is heard in the middle of an epoch', async () => {
  const data = points(20_000, 1);
  const model = network();
  const options = run(model, data, { epochs: 1000, signal: AbortSignal.timeout(100) });
  await assertRejects(() => fit(model, options), Error, /timeout/);
  const aborted = AbortSignal.abort(new Error('before'));
  await assertRejects(() => fit(model, run(model, data, { signal: aborted })), Error, /before/);
});

test('a run that is over stays over, and more epochs go on from there', async () => {
  const data = points(60, 1);
  const [to, model] = [memoryStore(), network()];
  await fit(model, run(model, data, { checkpoint: { to } }));
  const again = network(4);
  let steps = 0;
  const result = await fit(again, run(again, data, { checkpoint: { to }, onStep: () => steps++ }));
  assert.equal([steps, result.epochs.length], [0, 3]);
  assert.equal(await weights(again), await weights(model));
  const more = network(5);
  assert.is((await fit(more, run(more, data, { epochs: 5, checkpoint: { to } }))).epochs.length, 5);
});

test('a check point of another run is refused with what differs, and so is a damaged one', async ({ folder }) => {
  const data = points(60, 1);
  const [to, model] = [memoryStore(), network()];
  await fit(model, run(model, data, { checkpoint: { to }, epochs: 1 }));
  const before = await weights(model);
  const refuse = async (
    other: Module,
    change: Partial<FitOptions<Points>>,
    kind: Parameters<typeof assertRejects>[1],
    message: RegExp,
  ) => assertRejects(() => fit(other, run(other, data, { checkpoint: { to }, ...change })), kind, message);
  await refuse(
    model,
    { optimizer: new SGD(model, { rate: 0.1 }) },
    OptionError,
    /remembers mean and square; this one .* remembers nothing/,
  );
  await refuse(model, { data: batches(data, { size: 30 }) }, OptionError, /batches of 20.*batches of 30/);
  const wider = new MLP([2, 8, 2], { rng: new Rng(1) });
  await refuse(wider, {}, StateDictError, /0.weight: expected \[8, 2\], got \[16, 2\]/);
  const { tensors, metadata } = await loadSafetensors(to.bytes as Uint8Array);
  for (const run of [
    '{',
    'null',
    '{"optimizer":"Adam"}',
    (metadata.run as string).replace('"epoch":1', '"epoch":-1'),
  ]) {
    to.bytes = await encodeSafetensors(tensors, { metadata: { ...metadata, run } });
    await refuse(model, {}, FormatError, /check point/);
  }
  to.bytes = await encodeSafetensors(tensors, { metadata: {} });
  await refuse(model, {}, FormatError, /is no check point of this version/);
  writeFileSync(join(folder, 'cut.safetensors'), readFileSync(fileURLToPath(import.meta.url)));
  await refuse(model, { checkpoint: { to: join(folder, 'cut.safetensors') } }, FormatError, /./);
  assert.equal(await weights(model), before);
});

test('averages follow the weights, stand in for them in the validation, and are in the check point', async () => {
  const data = points(100, 1);
  const [to, model] = [memoryStore(), network()];
  const average = new ExponentialAverage(model, { decay: 0.5 });
  const seen: number[][] = [];
  await fit(
    model,
    run(model, data, {
      average,
      validation: batches(data, { size: 100 }),
      checkpoint: { to },
      loss: ({ x, y }) => {
        if (!model.training) seen.push([...model.parameters().values()].flatMap((t) => [...t.dataSync()]));
        return crossEntropy(model.forward(x), y);
      },
    }),
  );
  const averages = [...average.state().values()].flatMap((t) => [...t.dataSync()]);
  assert.equal(seen.at(-1), averages);
  assert.not.equal(averages, await weights(model));
  const other = network(3);
  const second = new ExponentialAverage(other, { decay: 0.5 });
  await fit(other, run(other, data, { average: second, validation: batches(data, { size: 100 }), checkpoint: { to } }));
  assert.equal(
    [...second.state().values()].flatMap((t) => [...t.dataSync()]),
    averages,
  );
});

test('evaluations beside a run, and beside each other, change nothing for it', async () => {
  const data = points(100, 1);
  const [alone, beside] = [network(), network()];
  const expected = await fit(alone, run(alone, data));
  const evaluated: Promise<object>[] = [];
  const losses = { loss: ({ x, y }: Points) => crossEntropy(beside.forward(x), y) };
  const onStep = (): void => {
    evaluated.push(evaluate(beside, batches(data, { size: 7 }), losses));
  };
  assert.equal(await fit(beside, run(beside, data, { onStep })), expected);
  assert.equal(await weights(beside), await weights(alone));
  await Promise.all(evaluated);
  assert.ok(beside.training);
});

test('without call chains, as in browsers, runs that overlap neither free nor keep what is another one’s', () => {
  const path = fileURLToPath(new URL('programs/fit-without-chains.ts', import.meta.url));
  const args = ['--conditions=@saccade/source', '--import', 'tsx', path];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.is(stdout, 'ok\n', stderr);
});

const program = fileURLToPath(new URL('programs/train.ts', import.meta.url));

/** Runs the program, which kills itself in the step after `steps`. Resolves to what it printed, undefined if killed. */
function train(folder: string, name: string, steps: number): Promise<string | undefined> {
  const paths = [join(folder, `${name}.ckpt`), join(folder, `${name}.out`)];
  const args = ['--conditions=@saccade/source', '--import', 'tsx', program, ...paths, String(steps)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(text);
      else reject(new Error(`the program ended with ${code}`));
    });
  });
}

test('a run that is killed again and again ends with the same weights and records as one that is not', async ({
  folder,
}) => {
  const [expected, killed] = await Promise.all([
    train(folder, 'whole', Infinity),
    (async () => {
      for (const steps of [7, 16, 30]) assert.is(await train(folder, 'killed', steps), undefined);
      return train(folder, 'killed', Infinity);
    })(),
  ]);
  assert.is(killed, expected);
  assert.ok(readFileSync(join(folder, 'killed.out')).equals(readFileSync(join(folder, 'whole.out'))));
});

test('a step that fails leaves buffers and random streams as they were, so that a run goes on exactly', async () => {
  const data = points(100, 1);
  const make = (): Sequential => {
    const rng = new Rng(1);
    return new Sequential(
      new Linear(2, 8, { rng }),
      new BatchNorm(8),
      new Dropout(0.5, { rng }),
      new Linear(8, 2, { rng }),
    );
  };
  const whole = make();
  await fit(whole, run(whole, data));
  const first = make();
  const to = memoryStore();
  const controller = new AbortController();
  let calls = 0;
  const loss = ({ x, y }: Points): Tensor => {
    const value = crossEntropy(first.forward(x), y);
    if (++calls === 8) controller.abort(new Error('inside the loss'));
    controller.signal.throwIfAborted();
    return value;
  };
  const options = run(first, data, { loss, checkpoint: { to }, signal: controller.signal });
  await assertRejects(() => fit(first, options), Error, /inside the loss/);
  const second = make();
  await fit(second, run(second, data, { checkpoint: { to } }));
  assert.equal(await weights(second), await weights(whole));
  assert.equal(
    [...second.buffers().values()].map((t) => [...t.dataSync()]),
    [...whole.buffers().values()].map((t) => [...t.dataSync()]),
  );
});

test('a NaN before a batch norm is found where it began, and the running statistics stay finite', async () => {
  const rng = new Rng(1);
  const model = new Sequential(
    new Linear(2, 4, { rng }),
    new Lambda((x) => x.mul(NaN)),
    new BatchNorm(4),
    new Linear(4, 2, { rng }),
  );
  const error = (await assertRejects(() => fit(model, run(model, points(40, 1))), NonFiniteError)) as NonFiniteError;
  assert.is(error.where, '1');
  for (const buffer of model.buffers().values()) assert.ok(buffer.dataSync().every(Number.isFinite));
});

test("a module's own forward survives the search for a NaN", async () => {
  class Own extends Module {
    readonly linear = new Linear(2, 2, { rng: new Rng(1) });
    override forward = (x: Tensor): Tensor => this.linear.forward(x).mul(NaN);
  }
  const model = new Own();
  await assertRejects(
    () => fit(model, run(model, points(20, 1))),
    NonFiniteError,
    /it began in the model itself \(Own\)/,
  );
  assert.type(model.forward, 'function');
});

test('parts that were set to evaluation stay frozen; a whole model that was is trained', async () => {
  const rng = new Rng(1);
  const model = new Sequential(new Linear(2, 4, { rng }), new BatchNorm(4), new Linear(4, 2, { rng }));
  const norm = model.layers[1] as BatchNorm;
  norm.eval();
  await fit(model, run(model, points(40, 1)));
  assert.equal([norm.training, norm.batchesTracked.item()], [false, 0]);
  model.eval();
  await fit(model, run(model, points(40, 1), { epochs: 1 }));
  assert.equal([norm.training, norm.batchesTracked.item()], [true, 2]);
});

test('a check point with any part missing, of another shape or damaged is refused, and nothing is changed', async () => {
  const data = points(60, 1);
  const [to, model] = [memoryStore(), network()];
  const average = new ExponentialAverage(model);
  const validation = batches(data, { size: 60 });
  const full = { checkpoint: { to }, average, validation, earlyStopping: {}, epochs: 2 };
  await fit(model, run(model, data, full));
  const { tensors, metadata } = await loadSafetensors(to.bytes as Uint8Array);
  const text = metadata.run as string;
  const other = network(7);
  const optimizer = new Adam(other, { rate: 0.02 });
  const state = async (): Promise<unknown> => [
    await weights(other),
    optimizer.steps,
    [...other.generators().values()].map((rng) => rng.state),
  ];
  const before = await state();
  const refuse = async (change: (all: Map<string, Tensor>) => unknown, header: string = text): Promise<void> => {
    const copy = new Map(tensors);
    change(copy);
    to.bytes = await encodeSafetensors(copy, { metadata: { ...metadata, run: header } });
    const options = run(other, data, { ...full, optimizer, average: new ExponentialAverage(other) });
    await assertRejects(() => fit(other, options), SaccadeError, /check point/);
    assert.equal(await state(), before);
  };
  for (const name of ['model.0.weight', 'optimizer.mean.0.weight', 'average.0.bias', 'best.0.bias']) {
    await refuse((all) => all.delete(name));
    await refuse((all) => all.set(name, zeros([3])));
    await refuse((all) => all.set(name, (all.get(name) as Tensor).cast('int32')));
  }
  const damages: [string | RegExp, string][] = [
    [/"key0":\d+/, '"key0":-1'],
    ['"step":0', '"step":99'],
    ['"steps":6', '"steps":1.5'],
    [/"generators":\{/, '"generators":[],"x":{'],
    [/"best":\{"epoch":\d/, '"best":{"epoch":-1'],
    [/"best":\{"epoch":\d/, '"best":{"epoch":9'],
  ];
  for (const [from, instead] of damages) {
    assert.ok(text.search(from) >= 0, `${from} in ${text}`);
    await refuse(() => {}, text.replace(from, instead));
  }
});

test('numbers that JSON does not have come back, and any number is better than NaN', async () => {
  const data = points(20, 1);
  const script = [NaN, Infinity, 5, 4, 4.5];
  const options = (model: Module, epochs: number, to: CheckpointStore): FitOptions<Points> => {
    let epoch = 0;
    return run(model, data, {
      epochs,
      checkpoint: { to },
      validation: batches(data, { size: 20 }),
      metrics: { score: () => script[epoch] as number },
      earlyStopping: { metric: 'score', patience: 9 },
      onStep: (event) => {
        epoch = event.epoch;
      },
    });
  };
  const whole = network();
  const expected = await fit(whole, options(whole, 5, memoryStore()));
  assert.is(expected.bestEpoch, 3);
  const to = memoryStore();
  for (const epochs of [1, 2, 3, 5]) {
    const model = network();
    const result = await fit(model, options(model, epochs, to));
    if (epochs === 5) assert.equal(result, expected);
  }
});

test('a store that says null, one that cannot save, and a folder that is not there', async ({ folder }) => {
  const data = points(20, 1);
  const model = network();
  const nothing = { load: async () => null as unknown as undefined, save: async () => {} };
  assert.is((await fit(model, run(model, data, { checkpoint: { to: nothing } }))).epochs.length, 3);
  let steps = 0;
  const onStep = (): void => void steps++;
  const full = { load: async () => undefined, save: () => Promise.reject(new Error('disk full')) };
  await assertRejects(() => fit(model, run(model, data, { checkpoint: { to: full }, onStep })), Error, /disk full/);
  const controller = new AbortController();
  let saves = 0;
  const save = async (): Promise<void> => {
    if (++saves > 1) throw new Error('disk full');
  };
  const stop = { checkpoint: { to: { ...full, save } }, signal: controller.signal, onStep: () => controller.abort() };
  await assertRejects(
    () => fit(model, run(model, data, stop)),
    SaccadeError,
    /aborted, and the check point could not be saved \(disk full\)/,
  );
  const to = join(folder, 'none', 'run');
  await assertRejects(() => fit(model, run(model, data, { checkpoint: { to }, onStep })), SaccadeError, /cannot write/);
  assert.is(steps, 0);
});

test('what is no model, optimizer, metric or signal of this run is refused', async () => {
  const data = points(20, 1);
  const model = network();
  const refuse = (change: object, message: RegExp): Promise<Error> =>
    assertRejects(() => fit(model, run(model, data, change)), OptionError, message);
  await assertRejects(
    () => fit(undefined as never, run(model, data)),
    OptionError,
    /fit: expected a module, got undefined/,
  );
  await refuse({ optimizer: undefined }, /expected an optimizer, got undefined/);
  await refuse({ optimizer: new Adam(network(), { rate: 1 }) }, /the optimizer trains none of this model's parameters/);
  await refuse({ onStep: 3 }, /onStep must be a function, got 3/);
  await refuse({ data: null }, /data must come from batches\(…\), got null/);
  const validation = batches(data, { size: 20 });
  await refuse({ validation, metrics: { score: 3 } }, /score must be a function, got 3/);
  await refuse({ validation, metrics: { loss: () => 1 } }, /'loss' is measured anyway/);
  await refuse({ validation, earlyStopping: { mode: 'MIN' } }, /mode must be 'min' or 'max', got "MIN"/);
  await refuse({ validation, earlyStopping: { minDelta: NaN } }, /minDelta must be a number from 0, got NaN/);
  await assertRejects(
    () => evaluate(model, validation, { a: 3 as never }),
    OptionError,
    /metric 'a' must be a function/,
  );
  await assertRejects(() => evaluate(model, data as never, {}), OptionError, /evaluate: expected batches/);
});

test.run();
