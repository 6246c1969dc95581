/** A worker's part of a job, with all workers in this process. */
import { init, OptionError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digitsTask } from '../../src/cli/digits-task.js';
import type { JobSettings } from '../../src/cli/job-settings.js';
import { libsvmSettings, libsvmTask } from '../../src/cli/libsvm-task.js';
import type { Worked } from '../../src/cli/standing.js';
import type { Task } from '../../src/cli/task.js';
import { work } from '../../src/cli/work.js';
import { linearLoss, linearScore } from '../../src/training/linear-loss.js';
import { localTransports } from '../../src/transport/thread-transport.js';

const settings: JobSettings = {
  task: { kind: 'digits' },
  compress: 'none',
  feedback: undefined,
  group: 'layer',
  epochs: 1,
  batch: 50,
  rate: 0.3,
  seed: 3,
  ownHub: false,
  saves: false,
  resumes: false,
};

/** Rows with a label that is 1 where the first feature is larger than the second. */
const rows = {
  labels: Float32Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  rowStart: Int32Array.from({ length: 41 }, (_, i) => 2 * i),
  columns: Int32Array.from({ length: 80 }, (_, i) => i % 2),
  values: Float32Array.from({ length: 80 }, (_, i) => ((Math.floor(i / 2) % 3 === 0) === (i % 2 === 0) ? 1 : -0.5)),
  shape: [40, 2],
} as const;

async function workers(count: number, job: JobSettings, task: () => Promise<Task> | Task): Promise<[Worked[], Task[]]> {
  const transports = await localTransports(count);
  const tasks = await Promise.all(transports.map(() => task()));
  try {
    return [await Promise.all(transports.map((transport, i) => work(transport, job, tasks[i]!))), tasks];
  } finally {
    await Promise.all(transports.map((transport) => transport.close()));
  }
}

test('two workers that send everything come to what one comes to alone', async () => {
  await init({ device: 'wasm', threads: 1 });
  const [[alone], [one]] = await workers(1, settings, () => digitsTask(3));
  const [both, [two]] = await workers(2, settings, () => digitsTask(3));
  assert.is(alone!.turns, 26);
  assert.equal([both[0]!.turns, both[0]!.score], [26, both[1]!.score]);
  assert.ok(Math.abs(alone!.score.loss - both[0]!.score.loss) < 1e-3 * alone!.score.loss);
  for (const [name, weight] of one!.model.parameters()) {
    const other = two!.model.parameters().get(name)!.dataSync();
    const furthest = weight.dataSync().reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
    assert.ok(furthest < 1e-3, `${name}: ${furthest}`);
  }
});

test('the curve has four points an epoch, and tells what was sent by then', async () => {
  const job = { ...settings, compress: 'top-k:1%@float16', epochs: 2 };
  const [[worked]] = await workers(2, job, () => digitsTask(3));
  const { points, bytes, denseBytes, paperBits, turns } = worked!;
  assert.equal(
    points.map(({ step }) => step),
    [7, 14, 21, 26, 33, 40, 47, 52],
  );
  assert.is(turns, 52);
  assert.is(points.at(-1)!.bytes, bytes);
  assert.is(points.at(-1)!.bits, paperBits);
  assert.is(denseBytes, 52 * 4 * (160 + 4640 + 5130));
  assert.ok(bytes < 0.02 * denseBytes);
});

test("a linear model's loss and accuracy are those of the linear functions", async () => {
  const { loss, positive } = { loss: 'logistic', positive: undefined } as const;
  const linear = await libsvmSettings(rows, { loss, positive, lambda: undefined, unitRows: false });
  assert.equal([linear.rows, linear.features, linear.classes, linear.lambda], [40, 2, 1, 1 / 40]);
  const job = { ...settings, task: linear, batch: 10, epochs: 5 };
  const [[worked], [task]] = await workers(2, job, () => libsvmTask(linear, rows, undefined));
  const weights = task!.model.parameters().get('weight')!.dataSync() as Float32Array;
  assert.ok(weights[0]! > 0.1);
  assert.ok(Math.abs(worked!.score.loss - (await linearLoss(rows, weights, { lambda: 0 }))) < 1e-5);
  assert.is(worked!.score.accuracy, (await linearScore(rows, weights)).accuracy);
  const all = Int32Array.from({ length: 40 }, (_, i) => i);
  assert.ok(Math.abs(task!.loss(all).item() - (await linearLoss(rows, weights))) < 1e-5);
  await assertRejects(
    () => libsvmTask({ ...linear, rows: 41 }, rows, undefined),
    OptionError,
    /41 rows of 2 features, the file has 40 of 2/,
  );
});

test('a job that goes on from a check point needs one', async () => {
  await assertRejects(
    () => workers(1, { ...settings, resumes: true }, () => digitsTask(3)),
    OptionError,
    /no worker has it/,
  );
});

test.run();
