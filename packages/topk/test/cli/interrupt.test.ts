/** Ctrl-C in training, and going on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { start, tiny, topk } from './command.js';

test('Ctrl-C saves the run and says how to go on; the end is the same', async () => {
  const folder = newFolder();
  const options = [...tiny, '--generate', 'digits', '--count', '24', '--epochs', '3', '--out', 'my model.safetensors'];
  const running = start(['train', ...options], folder);
  await running.until('epoch 1/3');
  running.kill('SIGINT');
  const stopped = await running.ended;
  assert.is(stopped.code, 130);
  assert.is(stopped.stdout, '');
  assert.match(stopped.stderr, 'stopped by Ctrl-C; the run is saved in my model.checkpoint.safetensors. To go on:\n');
  assert.match(stopped.stderr, `  topk train ${tiny.join(' ')} --generate digits`);
  assert.match(stopped.stderr, "--out 'my model.safetensors' --resume\n");
  assert.not(existsSync(join(folder, 'my model.safetensors')));

  const again = await topk(['train', ...options], folder);
  assert.is(again.code, 2);
  assert.match(again.stderr, 'there is a run in my model.checkpoint.safetensors: go on with --resume, or remove it');

  const [resumed, whole] = await Promise.all([
    topk(['train', ...options, '--resume', '--json'], folder),
    topk(['train', ...options, '--json'], newFolder()),
  ]);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, 'goes on from my model.checkpoint.safetensors');
  const epochs = ({ stdout }: { stdout: string }): unknown => (JSON.parse(stdout) as { epochs: unknown }).epochs;
  assert.equal(epochs(resumed), epochs(whole));
});

test.run();
