/** Stopped on the way. */
import { readdirSync } from 'node:fs';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { start } from './command.js';
import { deepBert, writeModel } from './write-model.js';

test('Ctrl-C between two layers ends with 130, and nothing is written', async () => {
  const folder = newFolder();
  await writeModel(folder, 'model', deepBert(300));
  for (const command of ['curve', 'paths']) {
    const running = start([command, 'model.safetensors', '--svg', 'a.svg', '--threads', '1'], folder);
    await running.until('layer 1 of 300');
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    assert.equal([code, stdout], [130, ''], stderr);
    assert.match(stderr, /stopped by Ctrl-C\n$/);
  }
  assert.equal(readdirSync(folder).sort(), ['model.config.json', 'model.safetensors']);
});

test.run();
