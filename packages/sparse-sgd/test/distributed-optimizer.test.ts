import { Adam, NonFiniteError, SGD } from '@saccade/nn';
import { memory, OptionError, Rng, ShapeError, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DistributedOptimizer } from '../src/distributed/distributed-optimizer.js';
import type { DistributedOptions } from '../src/distributed/settings.js';
import { localTransports } from '../src/transport/thread-transport.js';
import type { Transport } from '../src/transport/transport.js';
import {
  batchOf,
  parametersOf,
  testLoss,
  train,
  type WorkerOptions,
  warnings,
  withWorkers,
} from './distributed-workers.js';

const falling = (step: number): number => 0.3 / (1 + step / 20);
const kinds: Readonly<Record<string, WorkerOptions>> = {
  'top-k with memory': {},
  QSGD: { feedback: 'none', compress: 'qsgd:16' },
  'no compression': { compress: 'none' },
  EF21: { feedback: 'ef21' },
  DGC: { feedback: 'dgc', warmUp: 2 },
  'majority of signs': { feedback: 'majority', rate: 0.01 },
  PowerSGD: { feedback: 'power' },
  'PowerSGD with a memory of steps': { feedback: 'power', memoryOf: 'step', rate: falling },
  'EF-sign': { compress: 'sign' },
  'rand-k from a shared seed': { compress: 'shared-rand-k:20%' },
  'top-k in half precision': { compress: 'top-k:10%@float16' },
  'a memory of steps': { memoryOf: 'step', rate: falling },
  'one vector of all tensors': { group: 'global' },
  buckets: { group: { bucket: 50 } },
  clipping: { clipNorm: 1 },
  Adam: { inner: (model) => new Adam(model, { rate: 0.02 }) },
};

for (const [name, options] of Object.entries(kinds)) {
  test(`workers stay alike bit for bit, and learn, with ${name}`, async () => {
    await withWorkers(3, options, async (workers) => {
      await Promise.all(workers.map(({ optimizer }) => optimizer.start()));
      const before = testLoss(workers[0]!);
      await train(workers, 40);
      const [first, ...others] = workers.map(parametersOf);
      for (const other of others) assert.equal(other, first);
      const after = testLoss(workers[0]!);
      assert.ok(after < 0.75 * before, `${before} -> ${after}`);
    });
  });
}

test('all begin with the parameters of worker 0 and what its optimizer remembers', async () => {
  await withWorkers(2, { inner: (model) => new Adam(model, { rate: 0.1 }) }, async (workers) => {
    const [first, second] = workers.map((worker) => worker.optimizer);
    first!.inner.step(new Map(Array.from(first!.parameters, ([name, t]) => [name, t.mul(0).add(1)])));
    await Promise.all([first!.start(), second!.start()]);
    assert.equal(parametersOf(workers[1]!), parametersOf(workers[0]!));
    assert.is(second!.steps, 1);
    assertClose(second!.inner.state().get('mean.0.bias')!.dataSync(), new Float32Array(16).fill(0.1));
  });
});

test('one worker without compression does what its optimizer does alone, bit for bit', async () => {
  const alone = await withWorkers(1, { compress: 'none' }, async ([worker]) => {
    await worker!.optimizer.start();
    for (let step = 0; step < 5; step++) {
      const batch = batchOf(new Rng(7).derive(0).derive(step));
      worker!.optimizer.inner.minimize(() => worker!.loss(batch));
    }
    return parametersOf(worker!);
  });
  await withWorkers(1, { compress: 'none' }, async (workers) => {
    await train(workers, 5);
    assert.equal(parametersOf(workers[0]!), alone);
  });
});

test('two workers with 5 % of the entries reach the loss of one that sends all', async () => {
  const lossOf = (size: number, options: WorkerOptions): Promise<number> =>
    withWorkers(size, options, async (workers) => {
      await train(workers, 200);
      return testLoss(workers[0]!);
    });
  const one = await lossOf(1, { compress: 'none' });
  const two = await lossOf(2, {});
  assert.ok(two < 1.05 * one, `${two} against ${one}`);
});

test('minimize gives what the loss function gave', async () => {
  await withWorkers(1, {}, async ([worker]) => {
    const batch = batchOf(new Rng(1));
    const loss = await worker!.optimizer.minimize(() => worker!.loss(batch));
    assert.ok(loss.item() > 0);
    const [again, extra] = await worker!.optimizer.minimize(() => [worker!.loss(batch), 'more'] as const);
    assert.ok(again.item() < loss.item());
    assert.is(extra, 'more');
  });
});

test('counts bytes, what they would have been, bits as the paper counts, and rounds', async () => {
  await withWorkers(2, { compress: 'top-k:2', group: 'global', denseBelow: 0 }, async (workers) => {
    await train(workers, 3);
    const { optimizer } = workers[0]!;
    const { bytes, ...others } = optimizer.traffic;
    assert.equal(others, { denseBytes: 3 * 4 * 195, paperBits: 3 * 2 * 64, rounds: 3, dropped: 0 });
    assert.ok(bytes > 3 * 8 && bytes < 3 * 24, `${bytes} bytes`);
    assert.is(optimizer.turns, 3);
    assert.is(optimizer.rate, 0.3);
    assert.ok(optimizer.memoryNorm > 0);
  });
});

test('all groups travel in one round, PowerSGD in two', async () => {
  for (const [feedback, rounds] of [
    ['memory', 4],
    ['power', 8],
  ] as const) {
    await withWorkers(2, { feedback }, async (workers) => {
      await train(workers, 4);
      assert.is(workers[0]!.optimizer.traffic.rounds, rounds);
    });
  }
});

test('what was sent and what is remembered add up to all gradients', async () => {
  await withWorkers(2, { rate: 1, compress: 'top-k:2%' }, async (workers) => {
    await Promise.all(workers.map(({ optimizer }) => optimizer.start()));
    const begin = parametersOf(workers[0]!);
    const rng = new Rng(3);
    const sum = new Float64Array(begin.length);
    for (let step = 0; step < 10; step++) {
      await Promise.all(
        workers.map(({ optimizer }) => {
          let at = 0;
          const gradients = Array.from(optimizer.parameters, ([name, { shape, size }]) => {
            const values = new Float32Array(size).map(() => rng.number() - 0.5);
            for (const value of values) sum[at++]! += value / 2;
            return [name, tensor(values, { shape })] as const;
          });
          return optimizer.step(new Map(gradients as [string, Tensor][]));
        }),
      );
    }
    const end = parametersOf(workers[0]!);
    const memories = workers.map(({ optimizer }) =>
      [...optimizer.parameters.keys()].flatMap((name) => {
        const { shape } = optimizer.parameters.get(name)!;
        const own = optimizer.replica.own().get(`memory.${name}`);
        return own === undefined
          ? new Array(shape.reduce((a, b) => a * b, 1)).fill(0)
          : [...(own.data as Float32Array)];
      }),
    );
    const total = begin.map((value, i) => value - end[i]! + (memories[0]![i] + memories[1]![i]) / 2);
    assertClose(total, sum, { rtol: 1e-4, atol: 1e-5 });
  });
});

test('a memory of steps goes the way that the rate of its time gave it', async () => {
  const move = (memoryOf: 'gradient' | 'step'): Promise<number> =>
    withTransport(async (transport) => {
      const x = tensor([0, 0]);
      const inner = new SGD({ x }, { rate: (step) => (step === 0 ? 1 : 0.1) });
      const optimizer = new DistributedOptimizer(inner, { transport, compress: 'top-k:1', memoryOf, denseBelow: 0 });
      await optimizer.step(new Map([['x', tensor([5, 1]) as Tensor]]));
      await optimizer.step(new Map([['x', tensor([0, 0]) as Tensor]]));
      return x.dataSync()[1]!;
    });
  assertClose(await move('step'), -1);
  assertClose(await move('gradient'), -0.1);
});

test('a gradient is clipped to clipNorm / sqrt(workers) over all tensors', async () => {
  const transports = await localTransports(4);
  const moved = await Promise.all(
    transports.map(async (transport) => {
      const trained = { x: tensor([0, 0]), y: tensor([0]) };
      const optimizer = new DistributedOptimizer(new SGD(trained, { rate: 1 }), {
        transport,
        compress: 'none',
        clipNorm: 18,
      });
      const gradients = { x: tensor([10, 20]), y: tensor([20]) };
      await optimizer.step(new Map(Object.entries(gradients) as unknown as [string, Tensor][]));
      return [...trained.x.dataSync(), ...trained.y.dataSync()];
    }),
  );
  for (const values of moved) assertClose(values, [-3, -6, -6]);
  await Promise.all(transports.map((transport) => transport.close()));
});

test('float64 parameters are compressed and sent in float64', async () => {
  const { createJsDevice } = await import('@saccade/tensor');
  await withTransport(async (transport) => {
    const x = tensor([0, 0], { dtype: 'float64', device: createJsDevice() });
    const optimizer = new DistributedOptimizer(new SGD({ x }, { rate: 1 }), {
      transport,
      compress: 'top-k:1',
      denseBelow: 0,
    });
    await optimizer.step(new Map([['x', tensor([1 + 2 ** -40, 0], { dtype: 'float64', device: x.device }) as Tensor]]));
    assert.is(x.dataSync<'float64'>()[0], -1 - 2 ** -40);
  });
});

test('NaN is an error before anything is sent, and the memory is as before', async () => {
  await withWorkers(1, { rate: 1 }, async ([worker]) => {
    const { optimizer } = worker!;
    await train([worker!], 2);
    const [norm, parameters] = [optimizer.memoryNorm, parametersOf(worker!)];
    await assertRejects(
      () => optimizer.step(gradientsWith(optimizer, Number.NaN)),
      NonFiniteError,
      /'0\.weight' holds NaN at step 2/,
    );
    assert.equal([optimizer.memoryNorm, parametersOf(worker!)], [norm, parameters]);
    await train([worker!], 1, 2);
    assert.is(optimizer.steps, 3);
  });
});

test('an infinite gradient is told as that where gradients are clipped, too', async () => {
  await withWorkers(1, { clipNorm: 1 }, async ([worker]) => {
    const { optimizer } = worker!;
    await optimizer.start();
    const message = /'0\.weight' holds Infinity at step 0/;
    await assertRejects(() => optimizer.step(gradientsWith(optimizer, Infinity)), NonFiniteError, message);
  });
});

test('a float64 gradient whose squares overflow is clipped, not lost', async () => {
  const { createJsDevice } = await import('@saccade/tensor');
  await withTransport(async (transport) => {
    const x = tensor([0, 0], { dtype: 'float64', device: createJsDevice() });
    const options: DistributedOptions = { transport, compress: 'none', clipNorm: 5 };
    const optimizer = new DistributedOptimizer(new SGD({ x }, { rate: 1 }), options);
    await optimizer.step(new Map([['x', tensor([3e200, 4e200], { dtype: 'float64', device: x.device }) as Tensor]]));
    assertClose([...x.dataSync()], [-3, -4]);
  });
});

test("with onNonFinite 'skip' a worker with NaN sits the turn out, and all stay alike", async () => {
  await withWorkers(2, { rate: 1, onNonFinite: 'skip' }, async (workers) => {
    await train(workers, 2);
    const [bad, good] = workers.map(({ optimizer }) => optimizer);
    const norm = bad!.memoryNorm;
    await Promise.all([bad!.step(gradientsWith(bad!, Infinity)), good!.step(gradientsWith(good!, 1))]);
    assert.is(bad!.memoryNorm, norm);
    assert.equal(parametersOf(workers[0]!), parametersOf(workers[1]!));
    assert.ok(parametersOf(workers[0]!).every(Number.isFinite));
    assert.is(bad!.steps, 3);
  });
});

test('a turn to which nobody gave a gradient moves nothing', async () => {
  await withWorkers(2, { onNonFinite: 'skip', inner: (model) => new Adam(model, { rate: 1 }) }, async (workers) => {
    await train(workers, 2);
    const before = parametersOf(workers[0]!);
    await Promise.all(workers.map(({ optimizer }) => optimizer.step(gradientsWith(optimizer, Number.NaN))));
    assert.equal(parametersOf(workers[0]!), before);
    assert.equal([workers[0]!.optimizer.steps, workers[0]!.optimizer.turns], [2, 3]);
    await train(workers, 1, 3);
    assert.equal(parametersOf(workers[0]!), parametersOf(workers[1]!));
  });
});

test("with onNonFinite 'zero' bad entries count 0", async () => {
  await withTransport(async (transport) => {
    const x = tensor([0, 0]);
    const options: DistributedOptions = { transport, compress: 'none', onNonFinite: 'zero' };
    const optimizer = new DistributedOptimizer(new SGD({ x }, { rate: 1 }), options);
    await optimizer.step(new Map([['x', tensor([Number.NaN, 2]) as Tensor]]));
    assert.equal([...x.dataSync()], [0, -2]);
  });
});

test('warns once of momentum behind a memory, and only there', async () => {
  await withTransport(async (transport) => {
    const make = (feedback: DistributedOptions['feedback'], momentum: number) => () =>
      new DistributedOptimizer(new SGD({ x: zeros([100]) }, { rate: 1, momentum }), { transport, feedback });
    const [text, ...more] = await warnings(make('memory', 0.9));
    assert.match(text!, /momentum .* 'dgc'/);
    assert.equal(more, []);
    assert.equal(await warnings(make('memory', 0)), []);
    assert.equal(await warnings(make('power', 0.9)), []);
    assert.equal(await warnings(make('none', 0.9)), []);
  });
});

test('workers that were told different things are told so', async () => {
  const [first, second] = await localTransports(2);
  const at = (transport: Transport, options: object): DistributedOptimizer =>
    new DistributedOptimizer(new SGD({ x: zeros([100]) }, { rate: 1 }), { transport, ...options });
  const started = at(first!, { feedback: 'memory' }).start();
  await assertRejects(
    () => at(second!, { feedback: 'ef21' }).start(),
    OptionError,
    /same feedback; this one has "ef21", the job has .*memory/,
  );
  await started;
  await Promise.all([first!.close(), second!.close()]);
});

test('what cannot be is refused', async () => {
  await withTransport(async (transport) => {
    const x = zeros([4, 4]);
    const make = (options: object) => () =>
      new DistributedOptimizer(new SGD({ x }, { rate: 1 }), { transport, ...options });
    assertThrows(() => new DistributedOptimizer({} as SGD, { transport }), OptionError, /optimizer such as new SGD/);
    assertThrows(make({ transport: undefined }), OptionError, /transport/);
    assertThrows(make({ compress: 'top-k' }), OptionError, /top-k/);
    assertThrows(make({ compress: 7 }), OptionError, /compress must be/);
    assertThrows(make({ feedback: 'momentum' }), OptionError, /feedback must be one of none, memory/);
    assertThrows(make({ feedback: 'ef21', compress: 'ternary', denseBelow: 0 }), OptionError, /contraction/);
    assertThrows(make({ group: 'tensor' }), OptionError, /group/);
    assertThrows(make({ group: { bucket: 0 } }), OptionError, /bucket/);
    assertThrows(make({ group: 'global', feedback: 'power' }), OptionError, /PowerSGD needs matrices/);
    assertThrows(make({ memoryOf: 'step', feedback: 'dgc' }), OptionError, /memoryOf 'step'/);
    assertThrows(make({ momentum: 0.9 }), OptionError, /momentum goes with feedback 'dgc', got 'memory'/);
    assertThrows(make({ feedback: 'dgc', momentum: 1 }), OptionError, /momentum must be below 1/);
    assertThrows(make({ powerRank: 2 }), OptionError, /powerRank goes with feedback 'power'/);
    assertThrows(make({ clipNorm: 0 }), OptionError, /clipNorm/);
    assertThrows(make({ onNonFinite: 'ignore' }), OptionError, /onNonFinite/);
    assertThrows(make({ seed: -1 }), OptionError, /seed/);
    assertThrows(make({ rate: 1 }), OptionError, /no option 'rate'/);
    const optimizer = make({})();
    assertThrows(() => optimizer.gradients(() => x.sum() as unknown as Tensor), OptionError, /start\(\) before/);
    await assertRejects(() => optimizer.step({} as Map<string, Tensor>), OptionError, /Map of gradients/);
    await assertRejects(() => optimizer.step(new Map()), OptionError, /no gradient of 'x'/);
    await assertRejects(
      () => optimizer.step(new Map([['x', zeros([16]) as Tensor]])),
      ShapeError,
      /\[4, 4\], got .*\[16\]/,
    );
    const gradients = new Map([['x', zeros([4, 4]) as Tensor]]);
    const running = optimizer.step(gradients);
    await assertRejects(() => optimizer.step(gradients), OptionError, /step still runs; await it/);
    await running;
  });
});

test('training leaves no tensors behind', async () => {
  await withWorkers(1, { inner: (model) => new Adam(model, { rate: 0.1 }) }, async (workers) => {
    await train(workers, 2);
    const { optimizer, loss } = workers[0]!;
    const batch = batchOf(new Rng(1));
    const before = memory().tensors;
    for (let step = 0; step < 5; step++) (await optimizer.minimize(() => loss(batch))).dispose();
    assert.is(memory().tensors, before);
  });
});

function gradientsWith({ parameters }: DistributedOptimizer, value: number): Map<string, Tensor> {
  return new Map(Array.from(parameters, ([name, { shape }]) => [name, zeros(shape).add(value) as Tensor]));
}

async function withTransport<R>(body: (transport: Transport) => Promise<R>): Promise<R> {
  const [transport] = await localTransports(1);
  try {
    return await body(transport!);
  } finally {
    await transport!.close();
  }
}

test.run();
