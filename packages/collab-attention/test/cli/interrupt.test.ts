/** Stopped on the way: nothing is half-written. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bert, encoded } from '../checkpoint/synthetic.js';
import { start } from './command.js';

async function modelFolder(): Promise<string> {
  const folder = newFolder();
  const model = bert(2, 'bert.', 128, 8);
  writeFileSync(join(folder, 'model.safetensors'), await encoded(model));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(model.config));
  writeFileSync(join(folder, 'small.safetensors'), 'old');
  return folder;
}

const args = [
  'compress',
  '.',
  '-o',
  'small.safetensors',
  '--shared-dim',
  '64',
  '--iterations',
  '1000000',
  '--threads',
  '1',
];

test('Ctrl-C ends with 130 and leaves what was there, and nothing else', async () => {
  const folder = await modelFolder();
  const running = start(args, folder);
  await running.until('layer 1 of 2');
  running.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  assert.equal([code, stdout], [130, '']);
  assert.match(stderr, /stopped by Ctrl-C\n$/);
  assert.equal(readdirSync(folder).sort(), ['config.json', 'model.safetensors', 'small.safetensors']);
  assert.is(readFileSync(join(folder, 'small.safetensors'), 'utf8'), 'old');
});

test('a process that is killed leaves what was there', async () => {
  const folder = await modelFolder();
  for (const when of ['layer 1 of 2', 'writing small.safetensors']) {
    const own = when.startsWith('writing') ? args.map((word) => (word === '1000000' ? '1' : word)) : args;
    const running = start(own, folder);
    await running.until(when).catch(() => {}); // it may be done before it is seen
    running.kill('SIGKILL');
    await running.ended;
    const left = readFileSync(join(folder, 'small.safetensors'));
    // The old file or, had it been done already, the whole new one.
    assert.ok(left.toString() === 'old' || left.length > 100_000, `${left.length} bytes`);
    assert.ok(when.startsWith('writing') || left.toString() === 'old');
  }
});

test.run();
