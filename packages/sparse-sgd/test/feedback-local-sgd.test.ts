import { NonFiniteError } from '@saccade/nn';
import { OptionError } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Vector } from '../src/compress/message.js';
import { noneCompressor } from '../src/compress/none.js';
import { topKCompressor } from '../src/compress/top-k.js';
import { errorFeedback } from '../src/feedback/error-feedback.js';
import { type LocalSGDOptions, localSGD, postLocal } from '../src/feedback/local-sgd.js';
import { noFeedback } from '../src/feedback/no-feedback.js';
import { d, extensions, T, vectorsOf, W } from './extensions.js';

const { lr, H } = extensions.scalars.localsgd;
const centres = vectorsOf('localsgd.b', d);
const quadratic = {
  workers: W,
  gradient: (x: Vector, { worker }: { worker: number }) => x.map((value, i) => value - centres[worker]![i]!),
  rate: lr,
  start: new Float64Array(d),
  send: () => noFeedback(noneCompressor(), d, { precision: 'float64' as const }),
};

test('averages after every step by default: plain SGD on the mean gradient', async () => {
  const goal = centres[0]!.map((_, i) => centres.reduce((sum, centre) => sum + centre[i]! / W, 0));
  const x = await localSGD({ ...quadratic, steps: 4 });
  assertClose(
    x,
    goal.map((value) => value * (1 - 0.8 ** 4)),
    { rtol: 1e-12 },
  );
});

test('tells each round, and does fewer steps before the last average where they do not come out even', async () => {
  const rounds: number[][] = [];
  const onRound: LocalSGDOptions['onRound'] = ({ round, steps, sent }) => rounds.push([round, steps, sent.length]);
  await localSGD({ ...quadratic, steps: 8, localSteps: 3, onRound });
  assert.equal(rounds, [
    [0, 3, W],
    [1, 6, W],
    [2, 8, W],
  ]);
});

test('post-local SGD averages always at first, then after several steps', async () => {
  const steps: number[] = [];
  await localSGD({
    ...quadratic,
    steps: 9,
    localSteps: postLocal({ from: 3, localSteps: 3 }),
    onRound: (r) => steps.push(r.steps),
  });
  assert.equal(steps, [1, 2, 3, 6, 9]);
});

test('a schedule gives the rate of every local step', async () => {
  const asked: number[] = [];
  const rate = (step: number): number => {
    asked.push(step);
    return lr;
  };
  await localSGD({ ...quadratic, workers: 1, rate, steps: 4, localSteps: 2 });
  assert.equal(asked, [0, 1, 2, 3]);
});

test('compressed differences with memory come to the same point', async () => {
  const sparse = { send: () => errorFeedback(topKCompressor({ k: 3 }), d, { precision: 'float64' as const }) };
  const rate = (step: number): number => 5 / (step + 25);
  const options = { ...quadratic, rate, steps: 1200, localSteps: 3 };
  assertClose(await localSGD({ ...options, ...sparse }), await localSGD(options), { atol: 0.03 });
});

test('workers draw from streams of their own, the same in every run', async () => {
  const run = (seed: number): Promise<Vector> =>
    localSGD({ ...quadratic, seed, steps: 2, gradient: (x, { rng }) => x.map(() => rng.number()) });
  assert.equal(await run(1), await run(1));
  assert.not.equal(await run(1), await run(2));
});

test('options that cannot be are refused', async () => {
  const rejects = (options: object, message: RegExp): Promise<Error> =>
    assertRejects(() => localSGD({ ...quadratic, steps: 3, ...options }), OptionError, message);
  await rejects({ workers: 0 }, /workers/);
  await rejects({ steps: -1 }, /steps/);
  await rejects({ localSteps: 0 }, /localSteps/);
  await rejects({ rate: -1 }, /rate of step 0/);
  await rejects({ start: [1, 2] }, /start/);
  await rejects({ gradient: 3 }, /function/);
  await rejects({ momentum: 0.9 }, /no option 'momentum'/);
  assertThrows(() => postLocal({ from: -1, localSteps: 2 }), OptionError, /from/);
  await assertRejects(
    () => localSGD({ ...quadratic, steps: 3, gradient: (x) => x.fill(Infinity) }),
    NonFiniteError,
    /entry 0/,
  );
});

test('the reference vectors hold', async () => {
  const points: Vector[] = [quadratic.start];
  await localSGD({ ...quadratic, steps: H * (T - 1), localSteps: H, onRound: ({ point }) => points.push(point) });
  points.forEach((point, t) => {
    assertClose(point, vectorsOf('localsgd.x', d)[t]!, { rtol: 1e-10, atol: 1e-12 });
  });
});

test.run();
