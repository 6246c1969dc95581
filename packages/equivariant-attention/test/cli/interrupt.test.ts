/** Ctrl-C in training, and going on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { equivariantAttention, start, tiny } from './command.js';

test('Ctrl-C saves the run and says how to go on; the end is the same', async () => {
  const folder = newFolder();
  const short = tiny.filter((word, i) => word !== '--epochs' && tiny[i - 1] !== '--epochs');
  const options = [...short, '--epochs', '6', '--turn', 'group', '--out', 'my model.safetensors'];
  const running = start(['train', ...options], folder);
  await running.until('epoch 1/6');
  running.kill('SIGINT');
  const stopped = await running.ended;
  assert.is(stopped.code, 130, stopped.stderr);
  assert.is(stopped.stdout, '');
  assert.match(stopped.stderr, 'stopped by Ctrl-C; the run is saved in my model.checkpoint.safetensors. To go on:\n');
  assert.match(stopped.stderr, `  equivariant-attention train ${short.join(' ')} --epochs 6 --turn group`);
  assert.match(stopped.stderr, "--out 'my model.safetensors' --resume\n");
  assert.not(existsSync(join(folder, 'my model.safetensors')));

  const again = await equivariantAttention(['train', ...options], folder);
  assert.is(again.code, 2);
  assert.match(again.stderr, 'there is a run in my model.checkpoint.safetensors: go on with --resume, or remove it');

  const [resumed, whole] = await Promise.all([
    equivariantAttention(['train', ...options, '--resume', '--json'], folder),
    equivariantAttention(['train', ...options, '--json'], newFolder()),
  ]);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, 'goes on from my model.checkpoint.safetensors');
  const epochs = ({ stdout }: { stdout: string }): unknown => (JSON.parse(stdout) as { epochs: unknown }).epochs;
  assert.equal(epochs(resumed), epochs(whole));
});

test.run();
