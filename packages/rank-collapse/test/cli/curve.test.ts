/** `rank-collapse curve`, as a person starts it. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveNpy, tensor } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import type { Ended } from '@saccade/testing/command';
import { Golden } from '@saccade/testing/golden';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { VariantCurve } from '../../src/cli/curve-table.js';
import { bert, gpt2, vit } from '../model/small-checkpoints.js';
import { rankCollapse } from './command.js';
import { deepBert, writeModel } from './write-model.js';

const folder = newFolder();
const run = (...args: string[]): Promise<Ended> => rankCollapse(['curve', ...args, '--threads', '1'], folder);

/** What `--json` prints. */
interface CurveJson {
  readonly family: string;
  readonly depth: number;
  readonly samples: number;
  readonly center: string;
  readonly norms: boolean;
  readonly variants: readonly VariantCurve[];
}

const parsed = ({ code, stdout, stderr }: Ended, status = 0): CurveJson => {
  assert.is(code, status, stderr);
  return JSON.parse(stdout) as CurveJson;
};

test.before(async () => {
  await writeModel(folder, 'bert', bert);
  await writeModel(folder, 'gpt2', gpt2);
  await writeModel(folder, 'vit', vit);
  await writeModel(folder, 'deep', deepBert(6));
  // A value that is not finite in the second layer.
  await writeModel(folder, 'broken', bert, (name, values) =>
    /layer\.1\..*query\.weight/.test(name) ? values.map((value, i) => (i === 3 ? Number.NaN : value)) : values,
  );
  writeFileSync(join(folder, 'ids.json'), '[[1, 2, 3, 4], [5, 6], [0, 12, 7]]');
  writeFileSync(join(folder, 'one.json'), '[5]');
});

test('a table, JSON and a picture of one curve', async () => {
  const [text, json] = await Promise.all([
    run('bert.safetensors', '--tokens', 'ids.json', '--svg', 'curve.svg', '--ranks'),
    run('bert.safetensors', '--tokens', 'ids.json', '--json', '--center', 'median'),
  ]);
  assert.is(text.code, 0, text.stderr);
  assert.is(text.stderr, 'transformer: layer 1 of 2\n');
  assert.match(
    text.stdout,
    /^bert\.safetensors: bert: 2 layers of 2 heads, 16 channels; 3 samples, residuals from the mean\n\nlayer +ratio +deviation +Frobenius +cosine +stable rank +entropy rank\n0 .*\n1 .*\n2 .*\npicture: curve\.svg\n$/,
  );
  assert.match(readFileSync(join(folder, 'curve.svg'), 'utf8'), /^<svg .*transformer.*<\/svg>\n$/s);
  const { family, depth, samples, center, norms, variants } = parsed(json);
  assert.equal([family, depth, samples, center, norms], ['bert', 2, 3, 'median', true]);
  const [only] = variants as [VariantCurve];
  assert.equal([only.variant, only.points.length, only.points[1]?.ratio.values.length], ['transformer', 3, 3]);
});

test('several variants side by side, in the order of the paper, with marks at the floor and what goes below', async () => {
  const args = ['deep.safetensors', '--random', '3', '--random-length', '8', '--seed', '2'];
  const [text, json, plain] = await Promise.all([
    run(...args, '--variant', 'all', '--svg', 'all.svg'),
    run(...args, '--variant', 'transformer,san', '--json', '--float64'),
    run(...args, '--no-norms', '--json'),
  ]);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stderr, /^3 random texts of 8 tokens\nsan: layer 1 of 6\n/);
  assert.match(text.stdout, /\nlayer +san +san\+mlp +san\+skip +transformer\n0 +0\.\d+ ± 0\.\d+ /);
  assert.match(text.stdout, /\n6 +\d\.\d\de-\d+ ± \S+ \* /);
  assert.match(
    text.stdout,
    /\n\* at the floor, 7\.63e-6, where rounding decides: it can be anything below\n {2}rank-collapse certify --pure tracks/,
  );
  assert.match(readFileSync(join(folder, 'all.svg'), 'utf8'), /san\+mlp.*san\+skip.*transformer/s);
  const curves = parsed(json).variants;
  assert.equal(
    curves.map(({ variant }) => variant),
    ['san', 'transformer'],
  );
  assert.is(parsed(plain).norms, false);
});

test('one token is from itself nowhere, and causal attention is told', async () => {
  const [one, causal, images] = await Promise.all([
    run('bert.safetensors', '--tokens', 'one.json'),
    run('gpt2.safetensors', '--random', '1'),
    run('vit.safetensors', '--random', '1'),
  ]);
  assert.match(one.stdout, /\n2 +0\.00 ° +- +0\.00 +1\.0000\n\n° 0 by definition: a sample is one token, or zeros\n$/);
  assert.match(causal.stdout, /\ncausal attention draws tokens towards the first, which sees itself alone\n$/);
  assert.match(images.stderr, /^1 random state sequence of 7 tokens\n/);
  assert.equal([one.code, causal.code, images.code], [0, 0, 0]);
});

test('a curve ends where weights are not finite, with status 1, and the others are there', async () => {
  const [text, json] = await Promise.all([
    run('broken.safetensors', '--tokens', 'ids.json', '--variant', 'san,transformer'),
    run('broken.safetensors', '--tokens', 'ids.json', '--json'),
  ]);
  assert.is(text.code, 1);
  assert.match(text.stdout, /\n1 +\S+ ± .*\n\nsan ends early: .*layer 1.*\ntransformer ends early: .*layer 1/);
  const [only] = parsed(json, 1).variants as [VariantCurve];
  assert.is(only.points.length, 2);
  assert.is(only.stopped?.layer, 1);
});

test('the curves of the reference vectors', async () => {
  interface Reference {
    readonly ratio: readonly number[];
    readonly frobenius_residue: readonly number[];
  }
  const names = ['SAN', 'SAN+MLP', 'SAN+skip', 'transformer'] as const;
  const file = new URL('../golden/bert_variants', import.meta.url);
  const golden = new Golden<Readonly<Record<(typeof names)[number], Reference>>>(file);
  copyFileSync(fileURLToPath(`${file}.safetensors`), join(folder, 'reference.safetensors'));
  const config = { model_type: 'bert', num_attention_heads: 4, layer_norm_eps: 1e-12 };
  writeFileSync(join(folder, 'reference.json'), JSON.stringify(config));
  const states = tensor(golden.values('X'), { shape: golden.shape('X') });
  await saveNpy(join(folder, 'X.npy'), states);
  states.dispose();
  const args = ['reference.safetensors', '--config', 'reference.json', '--tokens', 'X.npy', '--float64'];
  const curves = parsed(await run(...args, '--variant', 'all', '--json')).variants;
  for (const [i, name] of names.entries()) {
    const { points } = curves[i] as VariantCurve;
    const expected = golden.scalars[name];
    // In float64 down to its floor.
    const tolerance = { rtol: 1e-6, atol: 1e-13 };
    assertClose(
      points.map(({ ratio }) => ratio.mean),
      expected.ratio,
      tolerance,
      name,
    );
    assertClose(
      points.map(({ frobenius }) => frobenius.mean),
      expected.frobenius_residue,
      tolerance,
      name,
    );
  }
});

test.run();
