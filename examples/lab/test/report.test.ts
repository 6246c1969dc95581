import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { discover } from '../src/discover.js';
import { reportHtml, writeReport } from '../src/report.js';
import { runExperiments } from '../src/runner.js';
import type { Result } from '../src/verdict.js';
import { fixture } from './command.js';
import { facts, result } from './samples.js';

async function gallery(): Promise<Result[]> {
  const settings = { seed: 1, full: true, data: undefined, signal: new AbortController().signal };
  const watcher = { started: () => {}, progress: () => {}, log: () => {}, ended: () => {} };
  return runExperiments(await discover(fixture('gallery')), settings, watcher);
}

const html = reportHtml(await gallery(), facts);
const withoutRaw = html.replace('<script>document.title = "broken"</script><rect', '<rect');

/** Names of the elements that are not closed in their order. */
function unclosed(page: string): string[] {
  const empty = new Set(['meta', 'img', 'br']);
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', selfClosed] of page.matchAll(
    /<(\/?)([a-z][a-z0-9]*)(?:\s(?:"[^"]*"|[^>"])*?)?(\/?)>/gi,
  )) {
    if (empty.has(name) || selfClosed === '/') continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

test('the page has all claims, their figures and circumstances', () => {
  for (const text of [
    '3 of 7 claims held',
    'wasm, simd128',
    'NaN',
    'Training loss',
    'What it read',
    'Every configuration',
    '1.62×',
    '≥ 2×',
    '≤ 1e-5',
    '1970-01-01',
    '1.2.3',
    '61.2 s',
    'Left out',
    'imagenette2-160.tgz',
  ]) {
    assert.match(html, text);
  }
  assert.not.match(html, 'Cut short');
});

test('elements are closed in order, ids are unique, links lead to them, headings descend by one', () => {
  assert.equal(unclosed(html), []);
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assert.is(new Set(ids).size, ids.length);
  for (const [, id] of html.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(id), id);
  const levels = [...html.matchAll(/<h([1-6])>/g)].map(([, level]) => Number(level));
  assert.is(levels[0], 1);
  assert.ok(levels.every((level, i) => i === 0 || level <= (levels[i - 1] ?? 0) + 1));
});

test('hostile texts stay texts, and the page may not run or load anything', () => {
  assert.not.match(withoutRaw, '<script');
  assert.not.match(withoutRaw, '<img src=x');
  assert.match(html, '&lt;script&gt;document.title');
  assert.match(html, "default-src 'none'; img-src data:; style-src 'unsafe-inline'");
  assert.not.match(html, /(?:src|href)="https?:(?!\/\/(?:arxiv|example))/);
});

test('pictures, charts and drawings have names for those who do not see them', () => {
  assert.ok([...html.matchAll(/<img[^>]*>/g)].every(([image]) => / alt="[^"]+"/.test(image)));
  const named = [...html.matchAll(/role="img" aria-label="([^"]+)"/g)].map(([, name]) => name);
  assert.is(named.length, 5 + 2);
  assert.is(named[0], 'Training loss: cross-entropy by training step, for soft top-k, straight-through');
});

test('a run that was cut short says so', () => {
  assert.match(reportHtml([], { ...facts, cutShort: true }), 'Cut short');
});

test('a figure that cannot be drawn does not cost the report', () => {
  const figures = [{ kind: 'table', title: 'Odd', head: ['a'], rows: null }] as never;
  assert.match(reportHtml([result({ measured: 1, figures })], facts), 'This figure could not be drawn');
});

test('the file is written in one piece, over an older one', () => {
  const folder = join(newFolder(), 'deep', 'er');
  writeReport(folder, [], facts);
  const path = writeReport(folder, [result({ measured: 1 })], facts);
  assert.equal(readdirSync(folder), ['index.html']);
  assert.match(readFileSync(path, 'utf8'), '1 of 1 claim held');
});

test.run();
