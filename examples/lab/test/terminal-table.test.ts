import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { summary, terminalTable, wrap } from '../src/terminal-table.js';
import { experiment, result } from './samples.js';

const claim = 'A small network reads handwritten digits better than a linear model does, from the same images.';
const results = [
  result({ measured: 98.25, baseline: 91 }, { claim, unit: '%', bar: { atLeast: 97 } }),
  result({ measured: Number.NaN }, { id: 'sample/two' }),
  { experiment: experiment({ id: 'sample/bad' }), verdict: 'failed', reason: 'no luck', seconds: 0, log: [] },
  {
    experiment: experiment({ id: 'sample/long' }),
    verdict: 'left out',
    reason: 'runs with --full',
    seconds: 0,
    log: [],
  },
] as const;

test('at 80 columns the table is this', () => {
  assert.is(
    terminalTable(results, { width: 80, color: false }),
    `claim                               measured  baseline     bar  verdict     time
────────────────────────────────────────────────────────────────────────────────
A small network reads handwritten    98.25 %      91 %  ≥ 97 %  held      1.23 s
digits better than a linear model
does, from the same images.
sample/one

One is one.                              NaN         -     ≥ 1  not held  1.23 s
sample/two

One is one.                                -         -     ≥ 1  failed    0.00 s
sample/bad
  no luck

left out: sample/long
  runs with --full

1 of 3 claims held
`,
  );
});

test('no line is longer than the width, and a wider terminal is used', () => {
  for (const width of [80, 100, 160]) {
    const lines = terminalTable(results, { width, color: false }).split('\n');
    assert.ok(lines.every((line) => line.length <= width));
    assert.is(lines[1]?.length, width);
  }
  assert.match(terminalTable(results, { width: 160, color: false }), claim);
});

test('colours are there only where asked for', () => {
  assert.not.match(terminalTable(results, { width: 80, color: false }), '\x1b');
  assert.match(terminalTable(results, { width: 80, color: true }), '\x1b[32m');
});

test('a text is wrapped at spaces, and a long word is cut', () => {
  assert.equal(wrap('one two three', 7), ['one two', 'three']);
  assert.equal(wrap('a-long-word is', 6), ['a-long', '-word', 'is']);
  assert.equal(wrap('', 6), ['']);
});

test('the summary counts what came to its end', () => {
  assert.is(summary(results), '1 of 3 claims held');
  assert.is(summary(results.slice(0, 1)), '1 of 1 claim held');
});

test.run();
