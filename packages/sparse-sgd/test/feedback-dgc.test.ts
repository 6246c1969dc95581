import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Vector } from '../src/compress/message.js';
import { noneCompressor } from '../src/compress/none.js';
import { parseCompressor } from '../src/compress/parse-compressor.js';
import { topKCompressor } from '../src/compress/top-k.js';
import { dgc } from '../src/feedback/dgc.js';
import type { Gather } from '../src/feedback/feedback.js';
import { simulate } from '../src/feedback/simulate.js';
import { warmUpCompressor } from '../src/feedback/warm-up.js';
import { d, gradientsOf, k, precisions, T, vectorsOf, W } from './extensions.js';

const turn = (step = 0) => ({ step, stream: 0, rng: new Rng(0) });
const alone: Gather = async (message) => ({ messages: [message], own: message, changed: false });
const late: Gather = async () => ({ messages: [], own: undefined, changed: false });

test('a velocity that was sent stops, one that was not goes on and adds up', async () => {
  const feedback = dgc(topKCompressor({ k: 1 }), 2, { momentum: 0.5 });
  assert.equal([...(await feedback.reduce(Float32Array.of(4, 2), turn(), alone))], [4, 0]);
  assert.equal(
    [[...feedback.state.velocity!], [...feedback.state.memory!]],
    [
      [0, 2],
      [0, 2],
    ],
  );
  assert.equal([...(await feedback.reduce(Float32Array.of(1, 2), turn(1), alone))], [0, 5]); // u = 0.5 2 + 2, v = 2 + u
  assert.equal(
    [[...feedback.state.velocity!], [...feedback.state.memory!]],
    [
      [1, 0],
      [1, 0],
    ],
  );
});

test('what came too late stays', async () => {
  const feedback = dgc(topKCompressor({ k: 1 }), 2, { momentum: 0.5 });
  await feedback.reduce(Float32Array.of(4, 2), turn(), late);
  assert.equal(
    [[...feedback.state.velocity!], [...feedback.state.memory!]],
    [
      [4, 2],
      [4, 2],
    ],
  );
});

test('is plain momentum where everything is sent', async () => {
  const feedback = dgc(noneCompressor(), 2, { momentum: 0.5 });
  await feedback.reduce(Float32Array.of(4, 2), turn(), alone);
  assert.equal([...(await feedback.reduce(Float32Array.of(0, 2), turn(1), alone))], [2, 3]);
  assert.equal([...feedback.state.memory!], [0, 0]);
});

test('entries whose positions are drawn from a shared seed are masked too', async () => {
  const feedback = dgc(parseCompressor('shared-rand-k:2'), 6, { momentum: 0.5 });
  const direction = await feedback.reduce(new Float32Array(6).fill(1), turn(), alone);
  assert.is(direction.filter((value) => value !== 0).length, 2);
  assert.equal(
    direction.map((value) => 1 - value),
    feedback.state.velocity!,
  );
});

test('clips a gradient to clip / sqrt(workers)', async () => {
  const feedback = dgc(noneCompressor(), 2, { momentum: 0, clip: 10, workers: 4 });
  assertClose(await feedback.reduce(Float32Array.of(30, 40), turn(), alone), [3, 4]);
  assertClose(await feedback.reduce(Float32Array.of(3, 4), turn(1), alone), [3, 4]);
  assertClose(await feedback.reduce(Float32Array.of(0, 0), turn(2), alone), [0, 0]);
});

test('the warm-up sends 25, 6.25, 1.5625 and 0.4 % of the entries, then 0.1 %', async () => {
  const length = 10_000;
  const feedback = dgc(topKCompressor({ ratio: 0.001 }), length, { warmUp: 2 });
  const rng = new Rng(0);
  const counts: number[] = [];
  for (let step = 0; step < 11; step++) {
    const gradient: Vector = new Float32Array(length).map(() => rng.number() - 0.5);
    const direction = await feedback.reduce(gradient, turn(step), alone);
    counts.push(direction.filter((value) => value !== 0).length);
  }
  assert.equal(counts, [2500, 2500, 625, 625, 156, 156, 40, 40, 10, 10, 10]);
});

test('the warm-up leaves out stages that would send less than comes after them', () => {
  const at = warmUpCompressor(topKCompressor({ ratio: 0.01 }), 1000, 5);
  assert.equal(
    [0, 5, 10, 15].map((step) => at(step).name),
    ['top-k:25%', 'top-k:6.25%', 'top-k:1.5625%', 'top-k:1%'],
  );
});

test('options that cannot be are refused', async () => {
  const top1 = topKCompressor({ k: 1 });
  assertThrows(() => dgc(top1, 4, { momentum: 1 }), OptionError, /momentum must be below 1/);
  assertThrows(() => dgc(top1, 4, { momentum: -1 }), OptionError, /momentum/);
  assertThrows(() => dgc(top1, 4, { clip: 0 }), OptionError, /clip/);
  assertThrows(() => dgc(top1, 4, { workers: 0.5 }), OptionError, /workers/);
  assertThrows(() => dgc(top1, 4, { warmUp: -1 }), OptionError, /warmUp/);
  assertThrows(() => dgc(parseCompressor('majority'), 4, { warmUp: 1 }), OptionError, /how much majority keeps/);
  const levels = dgc(parseCompressor('qsgd:4'), 2);
  await assertRejects(() => levels.reduce(Float32Array.of(1, 2), turn(), alone), OptionError, /keeps some entries/);
  assert.equal([...levels.state.memory!], [0, 0]);
});

for (const { precision, tolerance } of precisions) {
  test(`the reference vectors hold in ${precision}`, async () => {
    const job = simulate(W, () => dgc(topKCompressor({ k }), d, { momentum: 0.9, precision }));
    const gradients = gradientsOf('grads', d);
    for (let t = 0; t < T; t++) assertClose(await job.turn(gradients[t]!), vectorsOf('dgc.update', d)[t]!, tolerance);
    job.workers.forEach(({ state }, w) => {
      assertClose(state.velocity!, vectorsOf('dgc.u', d)[w]!, tolerance);
      assertClose(state.memory!, vectorsOf('dgc.v', d)[w]!, tolerance);
    });
  });
}

test.run();
