/** `equivariant-attention train` and `evaluate`, from images to a file to what it reads of turned ones. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { equivariantAttention, tiny } from './command.js';
import { writeMnist, writeNetwork } from './write-files.js';

interface TrainResult {
  readonly accuracy: number | null;
  readonly model: string;
  readonly group: string;
  readonly images: { readonly train: number; readonly validation: number };
  readonly steps: number;
  readonly epochs: readonly { readonly loss: number }[];
}

interface Evaluation {
  readonly images: number;
  readonly accuracy: number;
  readonly group?: string;
  readonly turns?: readonly { readonly name: string; readonly exact: boolean; readonly accuracy: number }[];
}

test('without data, digits that come along are learned, and turned ones are read as well', async () => {
  const folder = newFolder();
  const trained = await equivariantAttention(['train', ...tiny, '--json'], folder);
  assert.is(trained.code, 0, trained.stderr);
  const result = JSON.parse(trained.stdout) as TrainResult;
  assert.equal([result.model, result.group, result.steps], ['model.safetensors', 'p4', 3]);
  assert.equal(result.images, { train: 36, validation: 4 });
  assert.ok(result.epochs[0]!.loss > 0);
  assert.match(trained.stderr, /^36 images of 8 x 8; p4, \d+ parameters; 1 epochs of 3 steps\nepoch 1\/1: loss \d/);
  assert.not(existsSync(join(folder, 'model.checkpoint.safetensors')), 'nothing is left of a finished run');

  const ask = ['evaluate', 'model.safetensors', '--threads', '1', '--limit', '50'];
  const [all, text, one] = await Promise.all([
    equivariantAttention([...ask, '--turns', '--json'], folder),
    equivariantAttention([...ask, '--turns'], folder),
    equivariantAttention(ask, folder),
  ]);
  const { images, accuracy, turns = [] } = JSON.parse(all.stdout) as Evaluation;
  assert.is(images, 50);
  assert.equal(
    turns.map(({ name }) => name),
    ['0°', '90°', '180°', '270°'],
  );
  for (const turn of turns) assert.equal([turn.accuracy, turn.exact], [accuracy, true]);
  assert.match(
    text.stdout,
    /^turn +accuracy +right\n0° .*\n90° .*\n180° .*\n270° .*\n\nmean \d+\.\d\d % of 50 images\n$/,
  );
  assert.match(one.stdout, /^model\.safetensors: accuracy \d+\.\d\d % of 50 images\n$/);
});

test("MNIST's files are read, made smaller, and turned", async () => {
  const folder = newFolder();
  writeMnist(join(folder, 'mnist'), 30);
  const data = ['--data', 'mnist', '--image-size', '14', '--group', 'z2', '--turn', 'any', '--validation', '0'];
  const trained = await equivariantAttention(['train', ...tiny, ...data, '--steps', '4', '--json'], folder);
  assert.is(trained.code, 2, 'epochs and steps');
  const steps = tiny.filter((word, i) => word !== '--epochs' && tiny[i - 1] !== '--epochs');
  const again = await equivariantAttention(['train', ...steps, ...data, '--steps', '4', '--json'], folder);
  assert.is(again.code, 0, again.stderr);
  const result = JSON.parse(again.stdout) as TrainResult;
  assert.equal([result.accuracy, result.steps, result.images.train], [null, 6, 30]);
  assert.match(again.stderr, /30 images of 14 x 14; z2, \d+ parameters; 2 epochs of 3 steps/);

  const ask = ['evaluate', 'model.safetensors', '--data', 'mnist', '--threads', '1', '--json'];
  const [plain, symmetric, rotated] = await Promise.all([
    equivariantAttention([...ask, '--turns', '--group', 'p8'], folder),
    equivariantAttention([...ask, '--turns', '--group', 'p4', '--symmetrise', 'mean'], folder),
    equivariantAttention([...ask, '--rotated'], folder),
  ]);
  const { group, turns = [] } = JSON.parse(plain.stdout) as Evaluation;
  assert.is(group, 'p8');
  assert.equal(
    turns.map(({ exact }) => exact),
    [true, false, true, false, true, false, true, false],
  );
  const shares = (JSON.parse(symmetric.stdout) as Evaluation).turns?.map(({ accuracy }) => accuracy) ?? [];
  assert.is(new Set(shares).size, 1, 'the same of all turns');
  assert.is((JSON.parse(rotated.stdout) as Evaluation).images, 30);
});

test('what does not fit is told', async () => {
  const folder = newFolder();
  writeMnist(join(folder, 'mnist'), 12);
  await writeNetwork(join(folder, 'wide.safetensors'), { size: [8, 12], group: 'mz2' });
  await writeNetwork(join(folder, 'large.safetensors'), { size: 56 });
  const cases: readonly (readonly [args: string, code: number, text: RegExp])[] = [
    [
      'train --data mnist --image-size 10 --threads 1',
      2,
      /--image-size must be one of 1, 2, 4, 7, 14, 28 for images of 28 x 28, got 10/,
    ],
    ['train --data mnist --validation 0.99 --threads 1', 2, /--validation leaves none of 12 images to learn from/],
    ['train --data . --threads 1', 1, /equivariant-attention: .*train-images-idx3-ubyte/],
    ['evaluate wide.safetensors --threads 1', 1, /images of 8 x 12 with 1 channels, not for MNIST/],
    ['evaluate large.safetensors --data mnist --threads 1', 2, /must be one of 1, 2, 4, 7, 14, 28/],
    ['evaluate mnist/train-labels-idx1-ubyte --threads 1', 1, /train-labels-idx1-ubyte/],
  ];
  const ended = await Promise.all(cases.map(([args]) => equivariantAttention(args.split(' '), folder)));
  for (const [i, { code, stderr, stdout }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args}: ${stderr}`);
    assert.match(stderr, text);
    assert.is(stdout, '');
  }
});

test.run();
