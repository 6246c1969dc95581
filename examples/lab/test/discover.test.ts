import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { choose, discover } from '../src/discover.js';
import type { Context } from '../src/experiment.js';
import { fixture } from './command.js';

test('experiments come by folder name, then in the order of their file', async () => {
  const found = await discover(fixture('four'));
  assert.equal(
    found.map(({ id }) => id),
    ['alpha/held', 'alpha/not-held', 'alpha/failing', 'beta/data', 'beta/long'],
  );
});

test('a folder without experiments.ts is no error', async () => {
  assert.equal(await discover(fixture('four/alpha')), []);
});

test('a pattern chooses by a part of the id, with * for any text and nothing else special', async () => {
  const found = await discover(fixture('four'));
  const ids = (pattern: string): string[] => choose(found, pattern).map(({ id }) => id);
  assert.equal(ids('beta/'), ['beta/data', 'beta/long']);
  assert.equal(ids('al*held'), ['alpha/held', 'alpha/not-held']);
  assert.equal(ids('.'), []);
  assert.is(ids('').length, 5);
});

test('a bad file gives one experiment that fails and says all that is wrong; the others stay', async () => {
  const found = await discover(fixture('broken'));
  assert.equal(
    found.map(({ id }) => id),
    ['bad-fields/experiments', 'good/one', 'no-list/experiments', 'throws/experiments'],
  );
  const messages = await Promise.all(
    found.map(({ run }) => run({} as Context).then(String, (error: Error) => error.message)),
  );
  for (const part of [
    /NoSlash: id must be kebab-case with one slash/,
    /bad\/bar: bar must be .* finite number, got { atLeast: NaN }/,
    /bad\/two-bars: bar must be/,
    /bad\/twice: there is another of this id/,
    /bad\/claim: claim must be a text, got ' '/,
    /bad\/unit: unit must be one of .*, got 'kg'/,
    /bad\/run: run must be a function, got 3/,
    /entry 8 is no experiment, got null/,
  ]) {
    assert.match(messages[0] ?? '', part);
  }
  assert.match(messages[2] ?? '', /expected an exported list 'experiments', got 3/);
  assert.match(messages[3] ?? '', /throws.experiments\.ts: no such kernel/);
});

test.run();
