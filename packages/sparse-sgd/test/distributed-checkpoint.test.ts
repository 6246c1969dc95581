import { Adam, type CheckpointStore, SGD, StateDictError } from '@saccade/nn';
import {
  decodeSafetensors,
  FormatError,
  OptionError,
  packSafetensors,
  Rng,
  SaccadeError,
  type StoredArray,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DistributedOptimizer } from '../src/distributed/distributed-optimizer.js';
import { type LoadDistributedOptions, loadDistributed } from '../src/distributed/load-distributed.js';
import type { ByTensor } from '../src/distributed/memory-by-tensor.js';
import { meanMemory, redistribute } from '../src/distributed/redistribute.js';
import { saveDistributed } from '../src/distributed/save-distributed.js';
import type { DistributedOptions } from '../src/distributed/settings.js';
import { localTransports } from '../src/transport/thread-transport.js';
import {
  parametersOf,
  train,
  type Worker,
  type WorkerOptions,
  warnings,
  withWorkers,
  workerAt,
} from './distributed-workers.js';
import { ScriptedHub } from './scripted-hub.js';

/** A store that keeps the last bytes. */
class Shelf implements CheckpointStore {
  bytes: Uint8Array | undefined;
  async load(): Promise<Uint8Array | undefined> {
    return this.bytes;
  }
  async save(bytes: Uint8Array): Promise<void> {
    this.bytes = bytes;
  }
}

/** All workers save to the shelf of worker 0. */
function save(workers: readonly Worker[], shelf: CheckpointStore): Promise<unknown> {
  return Promise.all(workers.map(({ optimizer }, i) => saveDistributed(i === 0 ? shelf : undefined, optimizer)));
}

function load(workers: readonly Worker[], shelf: CheckpointStore, options?: LoadDistributedOptions): Promise<unknown> {
  return Promise.all(
    workers.map(({ optimizer }, i) => loadDistributed(i === 0 ? shelf : undefined, optimizer, options)),
  );
}

const kinds: Readonly<Record<string, WorkerOptions>> = {
  'top-k with memory': { group: { bucket: 50 } },
  'a memory of steps and Adam': {
    memoryOf: 'step',
    inner: (model) => new Adam(model, { rate: (step) => 0.1 / (1 + step) }),
  },
  EF21: { feedback: 'ef21', group: 'global' },
  DGC: { feedback: 'dgc', warmUp: 2 },
  PowerSGD: { feedback: 'power' },
  'rand-k from the workers own streams': { compress: 'rand-k:10%' },
};

for (const [name, options] of Object.entries(kinds)) {
  test(`a run that was saved goes on bit for bit, with ${name}`, async () => {
    const shelf = new Shelf();
    const whole = await withWorkers(2, options, async (workers) => {
      await train(workers, 5);
      await save(workers, shelf);
      await train(workers, 5, 5);
      return workers.map((worker) => [parametersOf(worker), worker.optimizer.memoryNorm, worker.optimizer.turns]);
    });
    const said = await warnings(() =>
      withWorkers(2, options, async (workers) => {
        await load(workers, shelf);
        await train(workers, 5, 5);
        assert.equal(
          workers.map((worker) => [parametersOf(worker), worker.optimizer.memoryNorm, worker.optimizer.turns]),
          whole,
        );
      }),
    );
    assert.equal(said, []);
  });
}

test('float64 parameters, and what is remembered of them, come back bit for bit', async () => {
  const shelf = new Shelf();
  const [transport] = await localTransports(1);
  const optimizerOf = (values: number[]) => {
    const x = tensor(values, { dtype: 'float64' });
    const options = { transport: transport!, compress: 'top-k:1', denseBelow: 0 };
    return new DistributedOptimizer(new SGD({ x }, { rate: 1 / 3 }), options);
  };
  const [first, second] = [optimizerOf([0.1, 0.2, 0.3]), optimizerOf([0, 0, 0])];
  await first.step(new Map([['x', tensor([1 / 7, 2 / 7, 3 / 7], { dtype: 'float64' })]]));
  await saveDistributed(shelf, first);
  const { tensors } = decodeSafetensors(shelf.bytes!);
  assert.equal(
    ['parameter.x', 'worker.0.memory.x'].map((name) => tensors.get(name)!.dtype),
    ['F64', 'F64'],
  );
  await loadDistributed(shelf, second);
  assert.equal(second.parameters.get('x')!.dataSync(), first.parameters.get('x')!.dataSync());
  assert.equal(second.replica.own(), first.replica.own());
  assert.ok(first.memoryNorm > 0);
  await transport!.close();
});

test('more texts go along in the metadata', async () => {
  const shelf = new Shelf();
  await withWorkers(1, {}, async ([worker]) => {
    await train([worker!], 1);
    await saveDistributed(shelf, worker!.optimizer, { metadata: { note: 'seven', run: 'mine' } });
    const { note, run } = decodeSafetensors(shelf.bytes!).metadata;
    assert.equal([note, JSON.parse(run!).turns], ['seven', 1]);
    await loadDistributed(shelf, worker!.optimizer);
  });
});

test('one worker saves while the others train', async () => {
  const shelf = new Shelf();
  await withWorkers(3, {}, async (workers) => {
    await train(workers, 3);
    const saved = saveDistributed(shelf, workers[1]!.optimizer).then(() => train([workers[1]!], 2, 3));
    await Promise.all([saved, train([workers[0]!, workers[2]!], 2, 3)]);
    assert.equal(parametersOf(workers[0]!), parametersOf(workers[1]!));
    const { turns, workers: all } = JSON.parse(decodeSafetensors(shelf.bytes!).metadata.run!);
    assert.equal([turns, all], [3, [0, 1, 2]]);
  });
});

test('a worker that is late finds a save among the rounds that it missed, and its memory is not in the file', async () => {
  const hub = new ScriptedHub(3);
  const workers = hub.transports.map((transport) => workerAt(transport));
  const [first, late, third] = workers as [Worker, Worker, Worker];
  await train(workers, 1);
  hub.only(0, 2);
  const shelf = new Shelf();
  const saved = saveDistributed(shelf, first.optimizer).then(() => train([first], 1, 1));
  await Promise.all([saved, train([third], 1, 1)]);
  hub.only(0, 1, 2);
  await train(workers, 1, 2);
  assert.equal(parametersOf(late), parametersOf(first));
  assert.equal(JSON.parse(decodeSafetensors(shelf.bytes!).metadata.run!).workers, [0, 2]);
});

test('a memory that is damaged, or not there, is left out of the file with a warning', async () => {
  const hub = new ScriptedHub(2);
  const workers = hub.transports.map((transport) => workerAt(transport));
  await train(workers, 1);
  hub.transports[1]!.tamper = (message) =>
    message.length > 100 && hub.rounds.length === 3 ? message.slice(8) : message;
  const shelf = new Shelf();
  const said = await warnings(() => save(workers, shelf));
  assert.match(said.join(), /worker 1 did not come/);
  assert.equal(JSON.parse(decodeSafetensors(shelf.bytes!).metadata.run!).workers, [0]);
});

/** What a model gains once all memories are sent: minus their mean. */
async function afterLoad(
  size: number,
  shelf: Shelf,
  options: WorkerOptions = {},
): Promise<{ sum: number[]; said: string[]; steps: number }> {
  let result: { sum: number[]; steps: number } | undefined;
  const said = await warnings(() =>
    withWorkers(size, { rate: 1, ...options }, async (workers) => {
      await load(workers, shelf);
      await save(workers, shelf);
      result = { sum: pending(workers), steps: workers[0]!.optimizer.steps };
    }),
  );
  return { ...result!, said };
}

/** Parameters less rate 1 times the mean memory: what is left when all is sent. */
function pending(workers: readonly Worker[]): number[] {
  const names = [...workers[0]!.optimizer.parameters.keys()];
  return names.flatMap((name) => {
    const values = [...workers[0]!.optimizer.parameters.get(name)!.dataSync()];
    const memories = workers.map(
      ({ optimizer }) => optimizer.replica.own().get(`memory.${name}`)?.data as Float32Array | undefined,
    );
    return values.map(
      (value, i) => value - memories.reduce((sum, memory) => sum + (memory?.[i] ?? 0), 0) / workers.length,
    );
  });
}

test('from 2 workers to 3 to 1 nothing that was not sent is lost, and every change is said', async () => {
  const shelf = new Shelf();
  const before = await withWorkers(2, { rate: 1 }, async (workers) => {
    await train(workers, 3);
    await save(workers, shelf);
    return pending(workers);
  });
  for (const size of [3, 1]) {
    const { sum, said } = await afterLoad(size, shelf);
    assertClose(sum, before, { rtol: 1e-5, atol: 1e-6 });
    assert.is(said.length, size, 'each worker says so');
    assert.match(said[0]!, /now there are [31]: they are redistributed/);
  }
});

test("with onMemoryMismatch 'flush' what was not sent is sent at once", async () => {
  const shelf = new Shelf();
  const before = await withWorkers(2, { rate: 1 }, async (workers) => {
    await train(workers, 3);
    await save(workers, shelf);
    return pending(workers);
  });
  const { sum, said, steps } = await afterLoad(3, shelf, { onMemoryMismatch: 'flush' });
  assertClose(sum, before, { rtol: 1e-5, atol: 1e-6 });
  assert.match(said[0]!, /sent at once, as one more step/);
  assert.is(steps, 4);
  const { tensors } = decodeSafetensors(shelf.bytes!);
  const memories = [...tensors].filter(([name]) => name.includes('.memory.'));
  assert.ok(
    memories.length > 0 && memories.every(([, { data }]) => (data as Float32Array).every((value) => value === 0)),
  );
});

test('the memory follows when other entries are compressed together, or in other units', async () => {
  const shelf = new Shelf();
  const before = await withWorkers(2, { rate: 1 }, async (workers) => {
    await train(workers, 3);
    await save(workers, shelf);
    return pending(workers);
  });
  for (const options of [
    { group: 'global' },
    { group: { bucket: 7 } },
    { memoryOf: 'step' },
    { feedback: 'dgc' },
  ] as const) {
    const { sum, said } = await afterLoad(2, shelf, options);
    assertClose(sum, before, { rtol: 1e-5, atol: 1e-6 });
    assert.equal(said, []);
  }
});

test('a memory of steps is of gradients times the rate', async () => {
  const shelf = new Shelf();
  const norms: number[] = [];
  const at = (options: WorkerOptions, body: (workers: Worker[]) => Promise<unknown>) =>
    withWorkers(1, { rate: 0.25, ...options }, body);
  await at({}, async (workers) => {
    await train(workers, 3);
    norms.push(workers[0]!.optimizer.memoryNorm);
    await save(workers, shelf);
  });
  for (const memoryOf of ['step', 'gradient'] as const) {
    await at({ memoryOf }, async (workers) => {
      await load(workers, shelf);
      norms.push(workers[0]!.optimizer.memoryNorm);
      await save(workers, shelf);
    });
  }
  assertClose(norms[1]!, norms[0]! / 4);
  assertClose(norms[2]!, norms[0]!);
});

test('a memory without a place is sent at once, with a warning', async () => {
  const shelf = new Shelf();
  const before = await withWorkers(2, { rate: 1 }, async (workers) => {
    await train(workers, 3);
    await save(workers, shelf);
    return pending(workers);
  });
  const { sum, said } = await afterLoad(2, shelf, { feedback: 'none' });
  assertClose(sum, before, { rtol: 1e-5, atol: 1e-6 });
  assert.match(said[0]!, /memory\.0\.weight, memory\.2\.weight has no place/);
});

/** One tensor, a job of one, one step that leaves `left` in the memory. */
async function single(
  name: string,
  shape: number[],
  body: (optimizer: DistributedOptimizer) => Promise<unknown>,
  options: Partial<DistributedOptions> = {},
): Promise<void> {
  const [transport] = await localTransports(1);
  const inner = new SGD({ [name]: zeros(shape) as Tensor }, { rate: 1 });
  await body(
    new DistributedOptimizer(inner, { transport: transport!, compress: 'top-k:1', denseBelow: 0, ...options }),
  );
  await transport!.close();
}

async function savedSingle(): Promise<Shelf> {
  const shelf = new Shelf();
  await single('x', [2, 2], async (optimizer) => {
    await optimizer.step(
      new Map([
        [
          'x',
          tensor([
            [1, 2],
            [3, 4],
          ]) as unknown as Tensor,
        ],
      ]),
    );
    await saveDistributed(shelf, optimizer);
  });
  return shelf;
}

test('a tensor with another name or shape does not fit, unless it is said how', async () => {
  const shelf = await savedSingle();
  await single('y', [2, 2], async (optimizer) => {
    await assertRejects(
      () => loadDistributed(shelf, optimizer),
      StateDictError,
      /missing[\s\S]*y[\s\S]*unexpected[\s\S]*x/,
    );
    await loadDistributed(shelf, optimizer, { rename: (name) => (name === 'x' ? 'y' : name) });
    assert.equal([...(optimizer.replica.own().get('memory.y')!.data as Float32Array)], [1, 2, 3, 0]);
  });
  await single('x', [4], async (optimizer) => {
    await assertRejects(() => loadDistributed(shelf, optimizer), StateDictError, /x: expected \[4\], got F32 \[2, 2\]/);
    const said = await warnings(() => loadDistributed(shelf, optimizer, { strict: false }));
    assert.equal(optimizer.memoryNorm, 0);
    assert.match(said.join('\n'), /no values that fit x: [\s\S]*memory\.x fits nothing here/);
  });
});

test('damaged files, files of other things and missing files are told on every worker', async () => {
  const { bytes } = await savedSingle();
  const { tensors, metadata } = decodeSafetensors(bytes!);
  const shelfOf = (run: object | string, more: Record<string, string> = {}): Shelf => {
    const shelf = new Shelf();
    const text = typeof run === 'string' ? run : JSON.stringify({ ...JSON.parse(metadata.run!), ...run });
    shelf.bytes = packSafetensors(tensors, { metadata: { ...metadata, run: text, ...more } });
    return shelf;
  };
  await single('x', [2, 2], async (optimizer) => {
    const rejects = (shelf: CheckpointStore | Uint8Array, kind: typeof FormatError, message: RegExp) =>
      assertRejects(() => loadDistributed(shelf, optimizer), kind, message);
    await rejects(shelfOf({}, { saccade_distributed: '2' }), FormatError, /no distributed run of this version/);
    await rejects(shelfOf('{'), FormatError, /no JSON/);
    for (const bad of [
      { turns: -1 },
      { steps: 0.5 },
      { ranks: 3 },
      { feedback: 'x' },
      { rate: null },
      { layout: 1 },
      { memoryOf: 0 },
    ]) {
      await rejects(shelfOf(bad), FormatError, /header is damaged/);
    }
    await rejects(shelfOf({ workers: [] }), FormatError, /no workers/);
    await assertRejects(
      () => loadDistributed(undefined, optimizer),
      SaccadeError,
      /cannot read the check point: it has no source/,
    );
    await assertRejects(() => loadDistributed(new Shelf(), optimizer), SaccadeError, /the store is empty/);
    await assertRejects(
      () => loadDistributed(bytes!.slice(0, 40), optimizer),
      SaccadeError,
      /cannot read the check point/,
    );
    await assertRejects(
      () => loadDistributed(new Shelf(), optimizer, { resume: true } as object),
      OptionError,
      /no option 'resume'/,
    );
    await assertRejects(() => saveDistributed('', optimizer), OptionError, /check point goes to/);
  });
  const transports = await localTransports(2);
  const reading = transports.map((transport) => {
    const optimizer = new DistributedOptimizer(new SGD({ x: zeros([2, 2]) }, { rate: 1 }), { transport });
    return assertRejects(() => loadDistributed(new Shelf(), optimizer), SaccadeError, /worker 0 cannot read/);
  });
  await Promise.all(reading);
  await Promise.all(transports.map((transport) => transport.close()));
});

test('redistribution keeps the mean over the workers, for any numbers of them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
      fc.nat(100),
      (sizes, seed) => {
        const rng = new Rng(seed);
        const arrayOf = (): StoredArray => ({
          dtype: 'F64',
          shape: [3],
          data: new Float64Array(3).map(() => rng.number() - 0.5),
        });
        let memories: ByTensor[] = Array.from({ length: 1 + (seed % 5) }, () => new Map([['memory.x', arrayOf()]]));
        const mean = [...(meanMemory(memories).get('memory.x')!.data as Float64Array)];
        for (const size of sizes)
          memories = Array.from({ length: size }, (_, rank) => redistribute(memories, rank, size));
        const after = memories.reduce<number[]>(
          (sum, memory) => {
            const data = memory.get('memory.x')?.data as Float64Array | undefined;
            return sum.map((value, i) => value + (data?.[i] ?? 0) / memories.length);
          },
          [0, 0, 0],
        );
        assertClose(after, mean, { rtol: 1e-12, atol: 1e-14 });
      },
    ),
  );
});

test('redistribution does not change what it is given, and leaves each its own where the number stays', () => {
  const old = [1, 2, 3].map(
    (value): ByTensor => new Map([['memory.x', { dtype: 'F32', shape: [1], data: Float32Array.of(value) }]]),
  );
  assert.equal([...(redistribute(old, 0, 2).get('memory.x')!.data as Float32Array)], [Math.fround((2 / 3) * 4)]);
  assert.equal(redistribute(old, 1, 3), old[1]);
  assert.equal(
    old.map((memory) => (memory.get('memory.x')!.data as Float32Array)[0]),
    [1, 2, 3],
  );
});

test.run();
