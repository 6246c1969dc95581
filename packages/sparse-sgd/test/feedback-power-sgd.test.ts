import { OptionError, Rng, ShapeError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message, Vector } from '../src/compress/message.js';
import type { Gathered } from '../src/feedback/feedback.js';
import { orthogonalise } from '../src/feedback/orthogonalise.js';
import { type PowerSGDOptions, powerSGD } from '../src/feedback/power-sgd.js';
import { simulate } from '../src/feedback/simulate.js';
import { gradientsOf, precisions, T, vectorsOf, W } from './extensions.js';

const shape = { rows: 6, columns: 4, rank: 2 };
const random = (rng: Rng, length: number): Vector => new Float64Array(length).map(() => rng.number() - 0.5);

test('a matrix of rank 1 is sent whole at rank 1', async () => {
  const job = simulate(1, () => powerSGD({ rows: 2, columns: 3, rank: 1, precision: 'float64' }));
  const matrix = Float64Array.of(1, 2, 3, 2, 4, 6);
  assertClose(await job.turn([matrix]), matrix, { rtol: 1e-6 });
  assert.equal(
    job.sent.map(([message]) => [message!.kind, message!.length]),
    [
      ['factor', 2],
      ['factor', 3],
    ],
  );
});

test('workers begin with the same Q and keep it alike', async () => {
  const job = simulate(3, () => powerSGD({ ...shape, seed: 4 }));
  const rng = new Rng(0);
  for (let step = 0; step < 3; step++) {
    await job.turn(job.workers.map((_, w) => (w === step ? undefined : Float32Array.from(random(rng, 24)))));
    const [first, ...others] = job.workers.map(({ shared }) => [...shared.q!]);
    for (const other of others) assert.equal(other, first);
  }
});

test('a gradient of zeros does not end the learning for good', async () => {
  const job = simulate(1, () => powerSGD({ ...shape, precision: 'float64' }));
  assert.equal([...(await job.turn([new Float64Array(24)]))], [...new Float64Array(24)]);
  assert.ok((await job.turn([new Float64Array(24).fill(1)])).every((value) => Math.abs(value - 1) < 1e-6));
});

test('a worker whose second message came too late keeps all of its gradient', async () => {
  const feedback = powerSGD({ ...shape, precision: 'float64' });
  const gradient = random(new Rng(2), 24);
  let exchange = 0;
  const gather = async (message: Message): Promise<Gathered> => ({
    messages: [message],
    own: exchange++ === 0 ? message : undefined,
    changed: false,
  });
  await feedback.reduce(gradient, { step: 0, stream: 0, rng: new Rng(0) }, gather);
  assertClose(feedback.state.memory!, gradient, { rtol: 1e-12 });
});

test('options that cannot be are refused', () => {
  assertThrows(() => powerSGD({ ...shape, rank: 5 }), OptionError, /rank must be at most 4 for \[6, 4\], got 5/);
  assertThrows(() => powerSGD({ ...shape, rows: 0 }), OptionError, /rows/);
  assertThrows(() => powerSGD({ ...shape, start: new Float32Array(7) }), ShapeError, /4 x 2 entries, got 7/);
  assertThrows(() => powerSGD({ ...shape, k: 1 } as PowerSGDOptions), OptionError, /no option 'k'/);
});

for (const { precision, tolerance } of precisions) {
  test(`the reference vectors hold in ${precision}`, async () => {
    const start = vectorsOf('powersgd.Q0', 8)[0]!;
    const job = simulate(W, () => powerSGD({ ...shape, start, precision }));
    const gradients = gradientsOf('powersgd.grads', 24);
    for (let t = 0; t < T; t++)
      assertClose(await job.turn(gradients[t]!), vectorsOf('powersgd.update', 24)[t]!, tolerance);
    job.workers.forEach(({ state, shared }, w) => {
      assertClose(state.memory!, vectorsOf('powersgd.memory', 24)[w]!, tolerance);
      assertClose(shared.q!, vectorsOf('powersgd.Q_final', 8)[0]!, tolerance);
    });
  });
}

test('what was sent and what is remembered add up to all gradients', async () => {
  const job = simulate(3, () => powerSGD({ ...shape, precision: 'float64' }));
  const rng = new Rng(7);
  const sum = new Float64Array(24);
  for (let step = 0; step < 10; step++) {
    const gradients = job.workers.map(() => random(rng, 24));
    const direction = await job.turn(gradients);
    for (let i = 0; i < 24; i++)
      sum[i]! += direction[i]! - (gradients[0]![i]! + gradients[1]![i]! + gradients[2]![i]!) / 3;
  }
  const memory = sum.map((_, i) => -job.workers.reduce((total, { state }) => total + state.memory![i]! / 3, 0));
  assertClose(sum, memory, { rtol: 1e-10, atol: 1e-12 });
});

test('a matrix of a lower rank than sent is sent once, not once for each column', async () => {
  for (const scale of [1e-3, 1, 1e3]) {
    for (const precision of ['float32', 'float64'] as const) {
      const job = simulate(1, () => powerSGD({ rows: 6, columns: 4, rank: 3, precision }));
      assertClose(await job.turn([new Float32Array(24).fill(scale)]), new Float32Array(24).fill(scale), { rtol: 1e-4 });
    }
  }
});

test('Gram-Schmidt makes columns orthonormal and leaves zeros zeros', () => {
  const matrix = random(new Rng(1), 15);
  orthogonalise(matrix, 3);
  const product = (a: number, b: number): number =>
    [0, 1, 2, 3, 4].reduce((sum, row) => sum + matrix[3 * row + a]! * matrix[3 * row + b]!, 0);
  assertClose([product(0, 0), product(1, 1), product(2, 2)], [1, 1, 1], { rtol: 1e-6 });
  assertClose([product(0, 1), product(0, 2), product(1, 2)], [0, 0, 0], { atol: 1e-6 });
  const zeros = new Float32Array(6);
  orthogonalise(zeros, 2);
  assert.equal([...zeros], [0, 0, 0, 0, 0, 0]);
});

test.run();
