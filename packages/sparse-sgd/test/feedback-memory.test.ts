import { NonFiniteError } from '@saccade/nn';
import { OptionError, Rng, ShapeError } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messageVector } from '../src/compress/apply-message.js';
import type { Message, Vector } from '../src/compress/message.js';
import { noneCompressor } from '../src/compress/none.js';
import { parseCompressor } from '../src/compress/parse-compressor.js';
import { scaledSignCompressor } from '../src/compress/scaled-sign.js';
import { topKCompressor } from '../src/compress/top-k.js';
import { errorFeedback } from '../src/feedback/error-feedback.js';
import type { Gather } from '../src/feedback/feedback.js';
import { noFeedback } from '../src/feedback/no-feedback.js';
import { simulate } from '../src/feedback/simulate.js';
import { d, gradientsOf, k, precisions, T, vectorsOf, W } from './extensions.js';

const turn = (step = 0) => ({ step, stream: 0, rng: new Rng(0) });
/** A job of one worker; `included` false: its message came too late and another's counted. */
const alone: Gather = async (message) => ({ messages: [message], own: message, changed: false });
const late =
  (other: Message): Gather =>
  async () => ({ messages: [other], own: undefined, changed: false });
const dense = (values: number[]): Message => ({
  kind: 'dense',
  length: values.length,
  values: Float32Array.from(values),
});

test('sends the largest entries, remembers the rest and sends it later', async () => {
  const feedback = errorFeedback(topKCompressor({ k: 1 }), 3);
  assert.equal([...(await feedback.reduce(Float32Array.of(1, -3, 2), turn(), alone))], [0, -3, 0]);
  assert.equal([...feedback.state.memory!], [1, 0, 2]);
  assert.equal([...(await feedback.reduce(Float32Array.of(1, 1, 1), turn(1), alone))], [0, 0, 3]);
  assert.equal([...feedback.state.memory!], [2, 1, 0]);
});

test('gives the mean of the messages of all workers', async () => {
  const job = simulate(2, () => errorFeedback(topKCompressor({ k: 1 }), 2));
  assert.equal([...(await job.turn([Float32Array.of(4, 1), Float32Array.of(1, 2)]))], [2, 1]);
  assert.equal([...job.workers[0]!.state.memory!], [0, 1]);
});

test('keeps its message whole where a round closed without it', async () => {
  const feedback = errorFeedback(topKCompressor({ k: 1 }), 2);
  assert.equal([...(await feedback.reduce(Float32Array.of(5, 1), turn(), late(dense([1, 1]))))], [1, 1]);
  assert.equal([...feedback.state.memory!], [5, 1]);
});

test('takes over what others said in a turn that closed without it, and keeps its memory', async () => {
  const feedback = errorFeedback(topKCompressor({ k: 1 }), 2);
  feedback.restore({ memory: Float32Array.of(1, 2) });
  assert.equal([...feedback.absorb([{ messages: [dense([3, 4])], own: undefined, changed: true }])], [3, 4]);
  assert.equal([...feedback.state.memory!], [1, 2]);
});

test('adds what it is given to its memory', () => {
  const feedback = errorFeedback(topKCompressor({ k: 1 }), 2);
  feedback.restore({ memory: Float32Array.of(1, 2) });
  feedback.restore({ memory: Float32Array.of(1, 2) });
  assert.equal([...feedback.state.memory!], [2, 4]);
});

test('without memory what is left out is lost', async () => {
  const feedback = noFeedback(topKCompressor({ k: 1 }), 2);
  assert.equal([...(await feedback.reduce(Float32Array.of(5, 1), turn(), alone))], [5, 0]);
  assert.equal([...(await feedback.reduce(Float32Array.of(0, 0), turn(1), alone))], [0, 0]);
  assert.equal(feedback.state, {});
});

test('a memory of steps sends what a gradient was worth when it came, one of gradients what it is worth now', async () => {
  const rate = (step: number): number => (step === 0 ? 1 : 0.1);
  const move = async (ofSteps: boolean): Promise<number[]> => {
    const feedback = errorFeedback(topKCompressor({ k: 1 }), 2, ofSteps ? { rate } : {});
    await feedback.reduce(Float32Array.of(5, 1), turn(0), alone);
    const direction = await feedback.reduce(Float32Array.of(0, 0), turn(1), alone);
    return [...direction].map((value) => rate(1) * value);
  };
  assertClose(await move(true), [0, 1]);
  assertClose(await move(false), [0, 0.1]);
});

test('a memory of steps is what Mem-SGD remembers: v = m + eta g', async () => {
  const rate = (step: number): number => 1 / (step + 1);
  const feedback = errorFeedback(topKCompressor({ k: 2 }), 6, { rate, precision: 'float64' });
  const rng = new Rng(3);
  let m = new Float64Array(6);
  for (let step = 0; step < 20; step++) {
    const g = m.map(() => rng.number() - 0.5);
    const direction = await feedback.reduce(g, turn(step), alone);
    const v = m.map((value, i) => value + rate(step) * g[i]!);
    const c = messageVector(topKCompressor({ k: 2 }).compress(v, rng, turn(step)));
    m = v.map((value, i) => value - c[i]!);
    assertClose(
      direction.map((value) => rate(step) * value),
      c,
      { rtol: 1e-12, atol: 1e-14 },
    );
    assertClose(feedback.state.memory!, m, { rtol: 1e-12, atol: 1e-14 });
  }
});

test('nothing moves at rate 0, and the memory of steps stays', async () => {
  const feedback = errorFeedback(topKCompressor({ k: 1 }), 2, { rate: () => 0 });
  feedback.restore({ memory: Float32Array.of(1, 2) });
  assert.equal([...(await feedback.reduce(Float32Array.of(5, 5), turn(), alone))], [0, 0]);
  assert.equal([...feedback.state.memory!], [1, 2]);
});

test('a turn whose exchange fails leaves the memory as it was', async () => {
  const feedback = errorFeedback(topKCompressor({ k: 1 }), 2);
  await feedback.reduce(Float32Array.of(5, 1), turn(), alone);
  const broken: Gather = async () => {
    throw new Error('the network is down');
  };
  await assertRejects(() => feedback.reduce(Float32Array.of(7, 7), turn(1), broken), Error, /down/);
  assert.equal([...feedback.state.memory!], [0, 1]);
});

test('NaN and infinity are refused and do not get into the memory', async () => {
  for (const feedback of [errorFeedback(topKCompressor({ k: 1 }), 2), noFeedback(noneCompressor(), 2)]) {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      await assertRejects(
        () => feedback.reduce(Float32Array.of(1, bad), turn(4), alone),
        NonFiniteError,
        /entry 1 .*step 4/,
      );
    }
    assert.equal([...(await feedback.reduce(Float32Array.of(2, 0), turn(), alone))], [2, 0]);
  }
});

test('what does not fit is named', async () => {
  const feedback = errorFeedback(topKCompressor({ k: 1 }), 2);
  await assertRejects(() => feedback.reduce(new Float32Array(3), turn(), alone), ShapeError, /2 entries, got 3/);
  await assertRejects(() => feedback.reduce([1, 2] as unknown as Vector, turn(), alone), OptionError, /Float32Array/);
  assertThrows(() => feedback.restore({ velocity: new Float32Array(2) }), OptionError, /'velocity' .* there is memory/);
  assertThrows(() => feedback.restore({ memory: new Float32Array(3) }), ShapeError, /2 entries, got 3/);
  assertThrows(() => feedback.adopt({ q: new Float32Array(3) }), OptionError, /there is nothing/);
  assertThrows(() => errorFeedback(topKCompressor({ k: 1 }), 0), OptionError, /length/);
  assertThrows(
    () => errorFeedback(topKCompressor({ k: 1 }), 2, { precision: 'half' as 'float32' }),
    OptionError,
    /precision/,
  );
  assertThrows(
    () => errorFeedback(topKCompressor({ k: 1 }), 2, { memory: 1 } as object),
    OptionError,
    /no option 'memory'/,
  );
  assertThrows(() => noFeedback(noneCompressor(), 2, { precision: 'half' as 'float32' }), OptionError, /precision/);
  const negative = errorFeedback(topKCompressor({ k: 1 }), 2, { rate: () => -1 });
  await assertRejects(() => negative.reduce(new Float32Array(2), turn(), alone), OptionError, /rate of step 0/);
});

for (const { precision, tolerance } of precisions) {
  test(`the reference vectors of error feedback hold in ${precision}`, async () => {
    const job = simulate(W, () => errorFeedback(topKCompressor({ k }), d, { precision }));
    const memory = vectorsOf('ef.memory', d);
    const gradients = gradientsOf('grads', d, 0.1);
    for (let t = 0; t < T; t++) {
      assertClose(await job.turn(gradients[t]!), vectorsOf('ef.update', d)[t]!, tolerance);
      job.workers.forEach(({ state }, w) => {
        assertClose(state.memory!, memory[t * W + w]!, tolerance);
      });
    }
  });

  test(`the reference vectors of EF-sign hold in ${precision}`, async () => {
    const job = simulate(W, () => errorFeedback(scaledSignCompressor(), d, { precision }));
    const gradients = gradientsOf('grads', d, 0.1);
    for (let t = 0; t < T; t++)
      assertClose(await job.turn(gradients[t]!), vectorsOf('efsign.update', d)[t]!, tolerance);
    job.workers.forEach(({ state }, w) => {
      assertClose(state.memory!, vectorsOf('efsign.memory', d)[w]!, tolerance);
    });
  });
}

test('what was sent and what is remembered add up to all gradients, for every compressor', async () => {
  const names = [
    'top-k:2',
    'top-k:30%@float16',
    'block:4',
    'rand-k:2',
    'shared-rand-k:2',
    'ultra:0.5',
    'qsgd:4',
    'sign',
    'one-bit',
    'natural',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(1000),
      async (name, workers, seed) => {
        const length = 10;
        const job = simulate(workers, () => errorFeedback(parseCompressor(name), length, { precision: 'float64' }), {
          seed,
        });
        const rng = new Rng(seed);
        const sent = new Float64Array(length);
        const gradients = new Float64Array(length);
        for (let step = 0; step < 5; step++) {
          const given = job.workers.map(() => new Float64Array(length).map(() => rng.number() - 0.5));
          (await job.turn(given)).forEach((value, i) => {
            sent[i]! += value;
          });
          for (const g of given) for (let i = 0; i < length; i++) gradients[i]! += g[i]! / workers;
        }
        for (const { state } of job.workers) for (let i = 0; i < length; i++) sent[i]! += state.memory![i]! / workers;
        assertClose(sent, gradients, { rtol: 1e-5, atol: 1e-5 });
      },
    ),
    { numRuns: 60 },
  );
});

test.run();
