/** Signals of Ctrl-C. */
import { delayedSignal, interrupted, isInterrupt } from '@saccade/command';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('an error is the interrupt if it is the reason of the signal', () => {
  const controller = new AbortController();
  const reason = new Error('stopped by Ctrl-C');
  assert.not(isInterrupt(reason, controller.signal));
  controller.abort(reason);
  assert.ok(isInterrupt(reason, controller.signal));
  assert.not(isInterrupt(new Error('stopped by Ctrl-C'), controller.signal));
});

test('interrupted resolves when the signal is aborted, before or after', async () => {
  const controller = new AbortController();
  let done = false;
  const waiting = interrupted(controller.signal).then(() => {
    done = true;
  });
  await Promise.resolve();
  assert.not(done);
  controller.abort();
  await waiting;
  await interrupted(controller.signal);
});

test('a delayed signal follows with the same reason, after a time that is asked for when it begins', async () => {
  const controller = new AbortController();
  let wait = 0;
  const delayed = delayedSignal(controller.signal, () => wait);
  wait = 5;
  const reason = new Error('enough');
  controller.abort(reason);
  assert.not(delayed.aborted);
  await interrupted(delayed);
  assert.is(delayed.reason, reason);
  await interrupted(delayedSignal(controller.signal, () => 0));
});

test.run();
