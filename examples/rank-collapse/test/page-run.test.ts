/** The run behind the page: what is looked at, what paths come to, and what is left behind. */
import { memory } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Choice, type SortingRun, sortingRun } from '../page/sorting-run.js';

const choice: Choice = { skips: true, layers: 2, epochs: 1 };

test('a run looks before the first step and behind the last, and tells what paths of each length do', async () => {
  const before = memory().tensors;
  const shares: number[] = [];
  const seen: SortingRun[] = [];
  const { contributions, effectiveness } = await sortingRun(choice, {
    signal: new AbortController().signal,
    onLook: (run) => seen.push(run),
    onProgress: (share) => shares.push(share),
  });
  const run = seen.at(-1)!;
  assert.equal(
    run.looks.map(({ step, loss }) => [step, loss !== undefined]),
    [[0, false], [16, true], [32, true]], // biome-ignore format: a row
  );
  assert.equal(
    run.reports.map(({ step, level }) => [step, level]),
    [[0, 'ok'], [16, 'ok'], [32, 'ok']], // biome-ignore format: a row
  );
  assert.ok(run.looks[2]!.accuracy > run.trivial);
  assert.equal(
    contributions.map(({ length, proportion = 0 }) => [length, Math.round(9 * proportion)]),
    [[0, 1], [1, 4], [2, 4]], // biome-ignore format: a row
  );
  assert.ok(contributions.every(({ norm }) => norm > 0));
  assert.equal(
    effectiveness.map(({ length }) => length),
    [0, 1, 2],
  );
  assert.is(shares.at(-1), 1);
  assert.is(memory().tensors, before);
});

test('without skips all that the tokens contribute comes through all layers', async () => {
  const { signal } = new AbortController();
  const bars = await sortingRun({ ...choice, skips: false }, { signal, onLook: () => {}, onProgress: () => {} });
  const norms = bars.contributions.map(({ norm }) => norm);
  assert.equal(norms.slice(0, 2), [0, 0]);
  assert.ok(norms[2]! > 0);
  assert.equal(bars.effectiveness, []);
});

test('a run that is stopped rejects and leaves nothing behind', async () => {
  const before = memory().tensors;
  const controller = new AbortController();
  const run = sortingRun(choice, {
    signal: controller.signal,
    onLook: ({ looks }) => {
      if (looks.length === 2) controller.abort();
    },
    onProgress: () => {},
  });
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.is((error as Error | undefined)?.name, 'AbortError');
  assert.is(memory().tensors, before);
});

test.run();
