import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { signsCompressor } from '../src/compress/majority-sign.js';
import { ternGradCompressor } from '../src/compress/tern-grad.js';
import { topKCompressor } from '../src/compress/top-k.js';
import { ef21 } from '../src/feedback/ef21.js';
import { simulate } from '../src/feedback/simulate.js';
import { d, gradientsOf, k, precisions, T, vectorsOf, W } from './extensions.js';

const top1 = topKCompressor({ k: 1 });

test('sends how the gradient changed, and moves along the mean of what is known of all', async () => {
  const job = simulate(1, () => ef21(top1, 3));
  assert.equal([...(await job.turn([Float32Array.of(1, -3, 2)]))], [0, -3, 0]);
  assert.equal([...(await job.turn([Float32Array.of(1, -3, 2)]))], [0, -3, 2]);
  assert.equal([...(await job.turn([Float32Array.of(1, 0, 2)]))], [0, 0, 2]);
});

test('a worker that was absent for a turn has the same mean as the others', async () => {
  const job = simulate(3, () => ef21(top1, 4));
  const rng = new Rng(1);
  for (let step = 0; step < 8; step++) {
    const absent = step % 3 === 2 ? 1 : -1;
    await job.turn(job.workers.map((_, w) => (w === absent ? undefined : new Float32Array(4).map(() => rng.number()))));
    const [first, ...others] = job.workers.map(({ shared }) => [...shared.mean!]);
    for (const other of others) assert.equal(other, first);
  }
});

test('begins anew after others took part: the estimate of one that left does not stay in the mean', async () => {
  const job = simulate(2, () => ef21(topKCompressor({ k: 2 }), 2, { precision: 'float64' }));
  await job.turn([Float64Array.of(1, 1), Float64Array.of(100, 100)]);
  await job.turn([Float64Array.of(1, 1), undefined]);
  assert.equal([...(await job.turn([Float64Array.of(1, 1), undefined]))], [1, 1]);
});

test('an exchange that fails leaves all as it was', async () => {
  const feedback = ef21(top1, 2);
  const fail = () =>
    feedback.reduce(Float32Array.of(1, 2), { step: 0, stream: 0, rng: new Rng(0) }, () =>
      Promise.reject(new Error('down')),
    );
  await assertRejects(fail, Error, /down/);
  assert.equal(
    [[...feedback.state.estimate!], [...feedback.shared.mean!]],
    [
      [0, 0],
      [0, 0],
    ],
  );
});

test('a compressor without a contraction is refused', () => {
  assertThrows(() => ef21(signsCompressor(), 4), OptionError, /contraction.*majority/);
  assertThrows(() => ef21(ternGradCompressor(), 4), OptionError, /contraction.*ternary/);
  assertThrows(() => ef21(top1, 4, { memory: true } as object), OptionError, /no option/);
});

for (const { precision, tolerance } of precisions) {
  test(`the reference vectors hold in ${precision}`, async () => {
    const job = simulate(W, () => ef21(topKCompressor({ k }), d, { precision }));
    const gradients = gradientsOf('grads', d);
    for (let t = 0; t < T; t++) {
      assertClose(await job.turn(gradients[t]!), vectorsOf('ef21.direction', d)[t]!, tolerance);
      job.workers.forEach(({ state }, w) => {
        assertClose(state.estimate!, vectorsOf('ef21.state', d)[t * W + w]!, tolerance);
      });
    }
  });
}

test('the mean is that of the estimates of all workers', async () => {
  const job = simulate(4, () => ef21(topKCompressor({ k: 3 }), 10, { precision: 'float64' }));
  const rng = new Rng(5);
  for (let step = 0; step < 10; step++) {
    const direction = await job.turn(job.workers.map(() => new Float64Array(10).map(() => rng.number() - 0.5)));
    const mean = direction.map((_, i) => job.workers.reduce((sum, { state }) => sum + state.estimate![i]! / 4, 0));
    assertClose(direction, mean, { rtol: 1e-12, atol: 1e-14 });
  }
});

test.run();
