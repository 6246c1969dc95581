import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { command, fixture, start } from './command.js';

const four = ['--experiments', fixture('four')];

test('all claims in one table, and status 1 where one does not hold', async () => {
  const out = newFolder();
  const { code, stdout, stderr } = await command([...four, '--out', out]);
  assert.is(code, 1);
  assert.match(stdout, /98\.25 % +91 % +≥ 97 % +held/);
  assert.match(stdout, /98\.998 % +- +≥ 99 % +not held/);
  assert.match(stdout, /- +- +≥ 90 % +failed/);
  assert.match(stdout, 'there are no letters here');
  assert.match(stdout, 'left out: beta/data\n  needs lines.txt: pass the data folder with --data or SACCADE_DATA.');
  assert.match(stdout, 'left out: beta/long\n  runs with --full');
  assert.match(stdout, '1 of 3 claims held');
  assert.match(stdout, `report: ${join(out, 'index.html')}`);
  assert.ok(stdout.split('\n').every((line) => line.length <= 80 || line.startsWith('report: ')));
  assert.not.match(stdout, '\x1b');
  assert.match(stderr, '1/3 alpha/held: held, 98.25 %');
  assert.match(stderr, 'no data folder: pass one with --data DIR or SACCADE_DATA');
  assert.match(readFileSync(join(out, 'index.html'), 'utf8'), '1 of 3 claims held');
});

test('--json prints nothing but the results', async () => {
  const { code, stdout } = await command([...four, '--out', newFolder(), '--json', '--seed', '5', '--threads', '1']);
  const results = JSON.parse(stdout) as Record<string, unknown>[];
  assert.is(code, 1);
  assert.equal(
    results.map(({ verdict }) => verdict),
    ['held', 'not held', 'failed', 'left out', 'left out'],
  );
  assert.is(results[0]?.seed, 5);
  assert.match(String(results[0]?.device), 'wasm');
});

test('--data and --full bring the rest, and status 0 where all holds', async () => {
  const data = newFolder();
  writeFileSync(join(data, 'lines.txt'), 'one\ntwo\nthree\n');
  const args = [...four, '--out', newFolder(), '--only', 'beta/', '--full', '--data', data];
  const { code, stdout } = await command(args);
  assert.is(code, 0);
  assert.match(stdout, '2 of 2 claims held');
});

test('a broken file fails alone', async () => {
  const { code, stdout } = await command(['--experiments', fixture('broken'), '--out', newFolder()]);
  assert.is(code, 1);
  assert.match(stdout, /no\s+such\s+kernel/);
  assert.match(stdout, '1 of 4 claims held');
});

test('--list names the experiments and runs none; --help tells the options', async () => {
  const out = join(newFolder(), 'none');
  const list = await command([...four, '--list', '--out', out]);
  assert.is(list.code, 0);
  assert.match(list.stdout, 'alpha/failing\n  It reads letters as well.\nbeta/data (needs lines.txt)');
  assert.not(existsSync(out));
  const declared = JSON.parse((await command([...four, '--list', '--json'])).stdout) as { id: string }[];
  assert.is(declared[4]?.id, 'beta/long');
  const { code, stdout } = await command(['--help']);
  assert.is(code, 0);
  for (const option of ['--only', '--full', '--seed', '--threads', '--data', '--out', '--json', '--list']) {
    assert.match(stdout, option);
  }
});

test('wrong options end with status 2 and what is wrong', async () => {
  const wrong = async (args: string[], message: string): Promise<void> => {
    const { code, stdout, stderr } = await command([...four, ...args]);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, message);
  };
  await wrong(['--nonsense'], '--nonsense');
  await wrong(['--only', 'gamma'], '--only gamma matches none of alpha/held, alpha/not-held');
  await wrong(['--threads', '1000000'], 'threads');
});

test('Ctrl-C stops the running experiment, and what is done is shown', async () => {
  const out = newFolder();
  const running = start(['--experiments', fixture('slow'), '--out', out]);
  await running.until('wait/endless: running');
  running.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  assert.is(code, 130);
  assert.match(stdout, /One round is quick\. +1 +- +≥ 1 +held/);
  assert.match(stdout, 'left out: wait/endless\n  stopped while it ran');
  assert.match(stdout, 'left out: wait/after\n  not reached');
  assert.match(stderr, 'cut short by Ctrl-C');
  assert.match(readFileSync(join(out, 'index.html'), 'utf8'), 'Cut short');
});

test.run();
