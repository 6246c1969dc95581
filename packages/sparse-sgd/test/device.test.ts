/** Workers on the device under test stay alike, and end where those on the CPU's plain device do. */
import { useDevice } from '@saccade/kernels';
import { Adam, type CheckpointStore } from '@saccade/nn';
import { createJsDevice, init } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDistributed } from '../src/distributed/load-distributed.js';
import { saveDistributed } from '../src/distributed/save-distributed.js';
import { parallelMemSGD } from '../src/training/parallel-mem-sgd.js';
import { train, type Worker, type WorkerOptions, withWorkers } from './distributed-workers.js';

onTestDevice(test, init);

async function parametersOf({ optimizer }: Worker): Promise<number[]> {
  const values = await Promise.all(Array.from(optimizer.parameters.values(), (t) => t.data()));
  return values.flatMap((part) => [...part]);
}

/** Parameters of two workers after some steps. */
function trained(options: WorkerOptions): Promise<number[][]> {
  return withWorkers(2, options, async (workers) => {
    await Promise.all(workers.map(({ optimizer }) => optimizer.start()));
    await train(workers, 8);
    return Promise.all(workers.map(parametersOf));
  });
}

const kinds: Readonly<Record<string, WorkerOptions>> = {
  'no compression': { compress: 'none' },
  'top-k': {},
  'DGC and clipping': { feedback: 'dgc', clipNorm: 1 },
  'PowerSGD and Adam': { feedback: 'power', inner: (model) => new Adam(model, { rate: 0.01 }) },
};

for (const [name, options] of Object.entries(kinds)) {
  test(`workers stay alike bit for bit, and end as on the plain device, with ${name}`, async () => {
    const [first, second] = await trained(options);
    assert.equal(second, first);
    const before = useDevice(createJsDevice());
    try {
      const [plain] = await trained(options);
      assertClose(Float32Array.from(first!), Float32Array.from(plain!), { rtol: 0, atol: 1e-3 });
    } finally {
      useDevice(before);
    }
  });
}

test('a run on the plain device goes on here', async () => {
  let bytes: Uint8Array | undefined;
  const store: CheckpointStore = {
    load: async () => bytes,
    save: async (saved) => {
      bytes = saved;
    },
  };
  const before = useDevice(createJsDevice());
  const saved = await withWorkers(1, {}, async ([worker]) => {
    await train([worker!], 3);
    await saveDistributed(store, worker!.optimizer);
    return parametersOf(worker!);
  }).finally(() => useDevice(before));
  await withWorkers(1, {}, async ([worker]) => {
    await loadDistributed(store, worker!.optimizer);
    assert.equal(await parametersOf(worker!), saved);
    await train([worker!], 1);
    assert.is(worker!.optimizer.steps, 4);
  });
});

test('parallelMemSGD works without shared memory, by one thread', async () => {
  const rows = { shape: [60, 2] as const, values: new Float32Array(120), labels: new Int32Array(60) };
  for (let row = 0; row < 60; row++) {
    rows.labels[row] = row % 2;
    rows.values.set([row % 2 ? 1 : -1, Math.cos(row)], 2 * row);
  }
  const { threads, accuracy } = await parallelMemSGD(rows, { workers: 2, epochs: 3 });
  const { crossOriginIsolated = true } = globalThis as { readonly crossOriginIsolated?: boolean };
  assert.is(threads, crossOriginIsolated ? 2 : 1);
  assert.is(accuracy, 1);
});

test.run();
