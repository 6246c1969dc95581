import { memory, zeros } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context, Experiment } from '../src/experiment.js';
import { type RunSettings, runExperiments, type Watcher } from '../src/runner.js';
import type { Result } from '../src/verdict.js';
import { fixture } from './command.js';
import { experiment } from './samples.js';

const silent: Watcher = { started: () => {}, progress: () => {}, log: () => {}, ended: () => {} };

function run(list: Experiment[], settings: Partial<RunSettings> = {}, watcher = silent): Promise<Result[]> {
  const { signal } = new AbortController();
  return runExperiments(list, { seed: 1, full: false, data: undefined, signal, ...settings }, watcher);
}

test('what holds is computed from the number and the bar, NaN is not held, and an error is a failed claim', async () => {
  const results = await run([
    experiment(),
    experiment({ run: async () => ({ measured: 0.9 }) }),
    experiment({ run: async () => ({ measured: Number.NaN }) }),
    experiment({ run: () => Promise.reject(new Error('no luck')) }),
    experiment({
      run: () => {
        throw new Error('at once');
      },
    }),
  ]);
  assert.equal(
    results.map(({ verdict }) => verdict),
    ['held', 'not held', 'not held', 'failed', 'failed'],
  );
  assert.equal(
    results.map(({ reason }) => reason),
    [undefined, undefined, undefined, 'no luck', 'at once'],
  );
});

test('an outcome without a number is a failed claim', async () => {
  const wrong = [undefined, {}, { measured: '3' }, { measured: 1, baseline: null }];
  const results = await run(wrong.map((outcome) => experiment({ run: async () => outcome as never })));
  assert.ok(results.every(({ verdict }) => verdict === 'failed'));
  assert.match(results[2]?.reason ?? '', /must return a number measured, got '3'/);
});

test('long experiments and those without their data are left out, with what to do', async () => {
  const list = [
    experiment({ full: true }),
    experiment({ needs: 'digits', needsFrom: 'Ask.' }),
    experiment({ needs: 'four' }),
  ];
  const reasons = async (settings: Partial<RunSettings>): Promise<(string | undefined)[]> =>
    (await run(list, settings)).map(({ reason }) => reason);
  const pass = 'pass the data folder with --data or SACCADE_DATA';
  assert.equal(await reasons({}), ['runs with --full', `needs digits: ${pass}. Ask.`, `needs four: ${pass}`]);
  const data = fixture('.');
  assert.equal(await reasons({ data, full: true }), [undefined, `needs digits: not in ${data}. Ask.`, undefined]);
});

test('an experiment gets seed, data paths, progress and log', async () => {
  let seen: Context | undefined;
  const told: unknown[] = [];
  const watcher: Watcher = { ...silent, progress: (...all) => told.push(all), started: (_, ...all) => told.push(all) };
  const list = [
    experiment({ full: true }),
    experiment({
      run: async (context) => {
        seen = context;
        context.log('a line');
        await context.progress(2, 'note');
        return { measured: context.data('four').endsWith('four') ? 1 : 0 };
      },
    }),
    experiment({ run: async ({ data }) => ({ measured: data('nothing').length }) }),
  ];
  const results = await run(list, { seed: 7, data: fixture('.') }, watcher);
  assert.is(seen?.seed, 7);
  assert.equal(told, [
    [1, 2],
    [1, 'note'],
    [2, 2],
  ]);
  assert.equal(results[1]?.log, ['a line']);
  assert.is(results[1]?.verdict, 'held');
  assert.match(results[2]?.reason ?? '', /data: there is no nothing in/);
});

test('an abort ends the running experiment, even one that does not listen, and leaves out the rest', async () => {
  const controller = new AbortController();
  const endless = experiment({
    run: () => {
      controller.abort(new Error('stop'));
      return new Promise(() => {});
    },
  });
  const results = await run([experiment(), endless, experiment()], { signal: controller.signal });
  assert.equal(
    results.map(({ verdict }) => verdict),
    ['held', 'left out', 'left out'],
  );
  assert.equal(
    results.map(({ reason }) => reason),
    [undefined, 'stopped while it ran', 'not reached'],
  );
});

test('tensors that an experiment leaves behind are freed', async () => {
  const before = memory().tensors;
  await run([experiment({ run: async () => ({ measured: zeros([3]).shape[0] ?? 0 }) })]);
  assert.is(memory().tensors, before);
});

test.run();
