import { NonFiniteError } from '@saccade/nn';
import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCompressor } from '../src/compress/parse-compressor.js';
import { topKCompressor } from '../src/compress/top-k.js';
import { errorFeedback } from '../src/feedback/error-feedback.js';
import { meetings } from '../src/feedback/meeting.js';
import { noFeedback } from '../src/feedback/no-feedback.js';
import { powerSGD } from '../src/feedback/power-sgd.js';
import { simulate } from '../src/feedback/simulate.js';

const top1 = () => errorFeedback(topKCompressor({ k: 1 }), 2);

test('counts turns and tells what was sent', async () => {
  const job = simulate(2, top1);
  await job.turn([Float32Array.of(2, 1), Float32Array.of(1, 2)]);
  assert.is(job.step, 1);
  assert.equal(
    job.sent.map((exchange) => exchange.length),
    [2],
  );
});

test('an absent worker keeps what it remembers, and the mean is that of the others', async () => {
  const job = simulate(3, top1);
  await job.turn([Float32Array.of(2, 1), Float32Array.of(2, 1), Float32Array.of(2, 1)]);
  assert.equal([...(await job.turn([Float32Array.of(9, 0), undefined, Float32Array.of(3, 0)]))], [6, 0]);
  assert.equal([...job.workers[1]!.state.memory!], [0, 1]);
});

test('a gradient with NaN is an error, is left out, or counts without the bad entries', async () => {
  const gradients = () => [Float32Array.of(4, Number.NaN), Float32Array.of(2, 0)];
  await assertRejects(() => simulate(2, top1).turn(gradients()), NonFiniteError, /entry 1/);
  const skipping = simulate(2, top1, { onNonFinite: 'skip' });
  skipping.workers[0]!.restore({ memory: Float32Array.of(7, 8) });
  assert.equal([...(await skipping.turn(gradients()))], [2, 0]);
  assert.equal([...skipping.workers[0]!.state.memory!], [7, 8]);
  assert.equal([...(await simulate(2, top1, { onNonFinite: 'zero' }).turn(gradients()))], [3, 0]);
});

test('a turn to which nobody came moves nothing', async () => {
  for (const make of [top1, () => powerSGD({ rows: 1, columns: 2, rank: 1 })]) {
    const job = simulate(2, make, { onNonFinite: 'skip' });
    assert.equal([...(await job.turn([Float32Array.of(Number.NaN, 1), undefined]))], [0, 0]);
  }
});

test('workers draw from streams of their own, the same in every run', async () => {
  const run = async (seed: number): Promise<number[]> => {
    const job = simulate(2, () => noFeedback(parseCompressor('rand-k:1'), 50), { seed });
    const direction = await job.turn([new Float32Array(50).fill(2), new Float32Array(50).fill(-2)]);
    return [...direction];
  };
  const once = await run(1);
  assert.is(once.filter((value) => value !== 0).length, 2);
  assert.equal(await run(1), once);
  assert.not.equal(await run(2), once);
});

test('options that cannot be are refused', async () => {
  assertThrows(() => simulate(0, top1), OptionError, /workers/);
  assertThrows(() => simulate(1, top1, { onNonFinite: 'ignore' as 'skip' }), OptionError, /'throw', 'skip' or 'zero'/);
  await assertRejects(() => simulate(2, top1).turn([Float32Array.of(1, 2)]), OptionError, /2 gradients, got 1/);
});

test('a meeting gives all what was made together, in the order of the parties, again and again', async () => {
  const attend = meetings<number, string>(3, async (given) => given.map((value) => `${value} of ${given.join()}`));
  assert.equal(await Promise.all([attend(2, 30), attend(0, 10), attend(1, 20)]), [
    '30 of 10,20,30',
    '10 of 10,20,30',
    '20 of 10,20,30',
  ]);
  assert.equal(await Promise.all([attend(1, 2), attend(2, 3), attend(0, 1)]), [
    '2 of 1,2,3',
    '3 of 1,2,3',
    '1 of 1,2,3',
  ]);
});

test('a meeting that fails fails for all', async () => {
  const attend = meetings<number, number>(2, async () => {
    throw new Error('no agreement');
  });
  const results = await Promise.allSettled([attend(0, 1), attend(1, 2)]);
  assert.equal(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});

test('error feedback with top-k reaches the minimum of a quadratic, without memory it does not', async () => {
  const rng = new Rng(3);
  const centres = Array.from({ length: 4 }, () => new Float64Array(20).map(() => rng.number()));
  const goal = centres[0]!.map((_, i) => centres.reduce((sum, centre) => sum + centre[i]! / 4, 0));
  const distance = async (make: Parameters<typeof simulate>[1]): Promise<number> => {
    const job = simulate(4, make);
    const x = new Float64Array(20);
    for (let step = 0; step < 400; step++) {
      const direction = await job.turn(centres.map((centre) => x.map((value, i) => value - centre[i]!)));
      for (let i = 0; i < 20; i++) x[i]! -= (2 / (step + 40)) * direction[i]!;
    }
    return Math.hypot(...x.map((value, i) => value - goal[i]!));
  };
  const [remembering, forgetting] = await Promise.all([
    distance(() => errorFeedback(topKCompressor({ k: 2 }), 20)),
    distance(() => noFeedback(topKCompressor({ k: 2 }), 20)),
  ]);
  assertClose(remembering, 0, { atol: 0.1 });
  assert.ok(forgetting > 5 * remembering, `${forgetting} against ${remembering}`);
});

test.run();
