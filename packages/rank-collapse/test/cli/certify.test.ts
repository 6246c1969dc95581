/** `rank-collapse certify`, as a person starts it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from '@saccade/testing/command';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LayerCertificate } from '../../src/certify/certify-layer.js';
import type { NetworkCertificate } from '../../src/certify/certify-network.js';
import { bert, gpt2, llama, vit } from '../model/small-checkpoints.js';
import { rankCollapse } from './command.js';
import { deepBert, writeModel } from './write-model.js';

const folder = newFolder();
const run = (...args: string[]): Promise<Ended> => rankCollapse(['certify', ...args, '--threads', '1'], folder);

test.before(async () => {
  // Query weights that are small enough for the theorem.
  const calm = (name: string, values: Float32Array): Float32Array =>
    name.includes('query') ? values.map((value) => value / 20) : values;
  await writeModel(folder, 'bert', bert, calm);
  await writeModel(folder, 'deep', deepBert(9));
  await writeModel(folder, 'vit', vit);
  await writeModel(folder, 'gpt2', gpt2);
  await writeModel(folder, 'llama', llama('llama'));
  writeFileSync(join(folder, 'ids.json'), '[[1, 2, 3, 4], [5, 6, 7]]');
});

test('the certificate of each layer', async () => {
  const [text, json, images] = await Promise.all([
    run('bert.safetensors', '--tokens', 'ids.json'),
    run('bert.safetensors', '--tokens', 'ids.json', '--text', '1', '--variant', 'san+skip', '--json'),
    run('vit.safetensors'),
  ]);
  assert.is(text.code, 0, text.stderr);
  assert.match(
    text.stdout,
    /^bert\.safetensors: .*; text 0, transformer\n\nlayer +residual +range +gamma +beta +theorem +holds +sharp bound +factor\n0 .* holds .*\n1 .* holds .*\n\nthe theorem holds in 2 of 2 layers; in \d attention draws tokens together for certain\n$/,
  );
  assert.is(json.code, 0, json.stderr);
  const {
    layers,
    text: chosen,
    variant,
  } = JSON.parse(json.stdout) as {
    readonly layers: readonly LayerCertificate[];
    readonly text: number;
    readonly variant: string;
  };
  assert.equal([chosen, variant, layers.length, layers[0]?.heads.length], [1, 'san+skip', 2, 2]);
  for (const { valid, logSharpBound, logBound } of layers) assert.ok(!valid || logSharpBound <= logBound);
  assert.is(images.code, 0, images.stderr);
});

test('pure attention, far below the smallest number', async () => {
  const args = ['deep.safetensors', '--random-length', '6', '--pure'];
  const [text, json] = await Promise.all([run(...args), run(...args, '--json')]);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stderr, /^1 random text of 6 tokens\nreading the attention .*\nfollowing 6 tokens .*\n$/);
  assert.match(text.stdout, /\nlayer +ratio +residual +at most +factor +theorem\n0 +0\.\d+ +\S+ +- +- +-\n/);
  assert.match(text.stdout, /\n9 +\d\.\d\de-\d{3,} +\d\.\d\de-\d{3,} /);
  assert.match(
    text.stdout,
    /\nbehind the last layer\ntrue residual +\d\.\d\de-\d+\nat most, .*\ntheorem 2\.3 for it .*\n/,
  );
  assert.match(
    text.stdout,
    /\nthe theorem (holds: no range is above 1\.256|does NOT hold: ranges are above .* layer 0)/,
  );
  assert.is(json.code, 0, json.stderr);
  const network = JSON.parse(json.stdout) as Omit<NetworkCertificate, 'points'> & {
    readonly pure: boolean;
    readonly points: readonly { readonly logResidual: number; readonly logRatio: number }[];
  };
  const { pure, points, layers, logSharpBound } = network;
  assert.equal([pure, points.length, layers.length], [true, 10, 9]);
  const last = points[9]!;
  assert.ok(last.logResidual < -300 && last.logResidual <= logSharpBound + 1e-9);
  for (const [l, { logMeanBound }] of layers.entries()) assert.ok(points[l + 1]!.logResidual <= logMeanBound + 1e-9);
});

test('attention of which the theorems say nothing is refused with its reason', async () => {
  const ended = await Promise.all([
    run('gpt2.safetensors'),
    run('gpt2.safetensors', '--pure'),
    run('llama.safetensors', '--random-length', '4'),
  ]);
  for (const { code, stdout, stderr } of ended) {
    assert.is(stdout, '');
    assert.ok(code !== 0, stderr);
    assert.match(stderr, /layer 0 has causal attention, .*of which the theorems say nothing\n/);
  }
});

test.run();
