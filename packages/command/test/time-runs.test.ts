/** Timing. */
import { timeRuns } from '@saccade/command';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const never = new AbortController().signal;

test('a function is called once before, and then as often as asked', async () => {
  const calls: number[] = [];
  const { least, median, runs } = await timeRuns((index) => calls.push(index), 5, never);
  assert.equal(calls, [-1, 0, 1, 2, 3, 4]);
  assert.is(runs, 5);
  assert.ok(least >= 0 && least <= median);
  assert.is((await timeRuns(() => {}, 1, never)).runs, 1);
});

test('an abort ends it with its reason, and so does an error of the function', async () => {
  const controller = new AbortController();
  const stop = (index: number): void => {
    if (index === 2) controller.abort(new RangeError('enough'));
  };
  await assertRejects(() => timeRuns(stop, 100, controller.signal), RangeError, /enough/);
  const fail = (): Promise<never> => Promise.reject(new TypeError('no'));
  await assertRejects(() => timeRuns(fail, 3, never), TypeError, /no/);
});

test.run();
