/** `topk train` and `topk predict`, from images to a file to pictures. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '@saccade/testing/new-folder';
import { encode } from 'fast-png';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { megapixelDigitsImage } from '../../src/data/megapixel-digits.js';
import { tiny, topk } from './command.js';

interface TrainResult {
  readonly accuracy: number | null;
  readonly classes: readonly string[];
  readonly images: { readonly train: number; readonly validation: number };
  readonly grid: { readonly rows: number; readonly columns: number };
  readonly epochs: readonly { readonly loss: number }[];
}

interface Prediction {
  readonly image: string;
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
  readonly patches: readonly { readonly top: number; readonly bottom: number }[];
}

function writeDigit(path: string, index: number, side = 48): void {
  const image = megapixelDigitsImage({ seed: 1, height: side, width: side }, index);
  writeFileSync(path, encode({ width: side, height: side, channels: 1, depth: 8, data: image.pixels() }));
}

const isPng = (path: string): boolean => readFileSync(path).subarray(1, 4).toString() === 'PNG';

test('images of a folder are learned, and the model tells classes and patches of files', async () => {
  const folder = newFolder();
  for (const name of ['cat', 'dog']) {
    mkdirSync(join(folder, 'images', name), { recursive: true });
    for (let i = 0; i < 5; i++) writeDigit(join(folder, 'images', name, `${i}.png`), i);
  }
  const args = ['--data', 'images', '--channels', '1', '--features', 'small', '--pool', '2', '--picture', 'seen.png'];
  const trained = await topk(['train', ...tiny, ...args, '--json'], folder);
  assert.is(trained.code, 0, trained.stderr);
  const result = JSON.parse(trained.stdout) as TrainResult;
  assert.equal(result.classes, ['cat', 'dog']);
  assert.equal(result.images, { train: 8, validation: 2 });
  assert.equal(result.grid, { rows: 8, columns: 8 });
  assert.is(result.epochs.length, 1);
  assert.ok(result.accuracy! >= 0 && result.accuracy! <= 1);
  assert.match(trained.stderr, /8 images of 48 x 48, 2 classes; 2 of 64 patches; 2 steps\nepoch 1\/1: loss \d/);
  assert.ok(isPng(join(folder, 'seen.png')));
  assert.not(existsSync(join(folder, 'model.checkpoint.safetensors')), 'nothing is left of a finished run');

  writeDigit(join(folder, 'large.png'), 7, 96);
  const files = ['images/cat/0.png', 'large.png'];
  const ask = ['predict', ...files, '--model', 'model.safetensors', '--threads', '1'];
  const [json, text] = await Promise.all([
    topk([...ask, '--json', '--explain', 'why.svg'], folder),
    topk([...ask, '--explain', 'why.png'], folder),
  ]);
  assert.is(json.code, 0, json.stderr);
  const found = JSON.parse(json.stdout) as Prediction[];
  assert.equal(
    found.map(({ image }) => image),
    files,
  );
  for (const { classes, patches } of found) {
    assert.ok(Math.abs(classes.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-5);
    assert.ok(classes[0]!.probability >= classes[1]!.probability);
    assert.is(patches.length, 2);
  }
  // The second image is twice as large as those that were learned, and so are its patches.
  assert.equal(
    found.map(({ patches }) => patches[0]!.bottom - patches[0]!.top),
    [16, 32],
  );
  assert.match(readFileSync(join(folder, 'why-2.svg'), 'utf8'), /^<svg /);
  assert.match(text.stdout, /^images\/cat\/0\.png: (cat|dog) \d+\.\d %, (cat|dog) \d+\.\d %\n/);
  assert.match(text.stdout, /\n {2}patch 2 +-?\d+ to \d+ +-?\d+ to \d+ +\S+\nlarge\.png: /);
  assert.ok(isPng(join(folder, 'why-1.png')));
});

test.run();
