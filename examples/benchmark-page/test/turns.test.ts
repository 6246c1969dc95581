import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTurns, median, type Pace, type Runner } from '../src/bench/turns.js';

/** Any turn is long enough, so that nothing depends on the clock. */
const pace: Pace = { turn: 0, rounds: 3, budget: Number.POSITIVE_INFINITY, fewest: 1 };
const noPause = async (): Promise<void> => {};

/** Writes down what is asked of it; fails in the call of this number. */
function fake(name: string, log: string[], failAt = Number.POSITIVE_INFINITY): Runner {
  let calls = 0;
  const complete = async (): Promise<void> => {
    log.push(name);
    if (++calls === failAt) throw new Error(`${name} failed`);
  };
  return {
    activate: () => {},
    contender: { values: async () => new Float32Array(), submit: complete, complete, dispose() {} },
  };
}

test('contenders warm up, then take turns, each round begun by another', async () => {
  const log: string[] = [];
  const timings = await inTurns([fake('a', log), fake('b', log)], pace, noPause);
  assert.is(log.join(''), 'aabb' + 'ab' + 'ba' + 'ab');
  assert.equal(
    timings.map((timing) => (timing instanceof Error ? timing : [timing.rounds, timing.calls])),
    [
      [3, 1],
      [3, 1],
    ],
  );
});

test('who fails is out, the others go on', async () => {
  const log: string[] = [];
  const [a, b] = await inTurns([fake('a', log, 4), fake('b', log)], pace, noPause);
  assert.is((a as Error).message, 'a failed');
  assert.ok(!(b instanceof Error));
  assert.is(log.join(''), 'aabb' + 'ab' + 'ba' + 'b');
});

test('who has used its time leaves after the fewest rounds', async () => {
  const log: string[] = [];
  await inTurns([fake('a', log)], { ...pace, rounds: 9, budget: -1, fewest: 2 }, noPause);
  assert.is(log.length, 2 + 2);
});

test('a pause that throws stops it all', async () => {
  const stop = async (): Promise<void> => {
    throw new Error('stopped');
  };
  await assertRejects(() => inTurns([fake('a', [])], pace, stop), Error, /stopped/);
});

test('the median is the middle', () => {
  assert.is(median([1, 2, 9]), 2);
  assert.is(median([1, 2, 4, 9]), 3);
});

test.run();
