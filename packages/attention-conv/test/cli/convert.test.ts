/** `attention-conv convert`: networks and single convolutions as files, whole or not at all. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { init } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadAttention } from '../../src/files/attention-file.js';
import { AttentionNetwork } from '../../src/network/attention-network.js';
import { attentionConv, filesOf, writeNetwork } from './command.js';

onTestDevice(test, init);

test('a network is converted, and people are told how far it can be from it', async () => {
  const folder = newFolder();
  await writeNetwork(folder);
  const options = ['--spec', 'layers.json', '-o', 'a.safetensors', '--extents', '6,6', '--range=-1,2'];
  const { code, stdout, stderr } = await attentionConv(['convert', 'cnn.safetensors', ...options], folder);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^layer +heads +border +missed weight +measured error\nc +9 +pad +1\.03e-55 /);
  assert.match(stdout, /\nalpha 128; for images of 6 x 6 with values from -1 to 2 no output is off by more than\n/);
  assert.match(
    stdout,
    / in exact arithmetic, .* in float32; measured on 4 random ones: .*\nattention: a.safetensors\n$/,
  );
  assert.is(stderr, 'converting cnn.safetensors …\n');
  assert.equal(filesOf(folder), ['a.safetensors', 'cnn.safetensors', 'layers.json']);
  const network = (await loadAttention(join(folder, 'a.safetensors'))) as AttentionNetwork;
  assert.instance(network, AttentionNetwork);
  assert.equal(network.conversion, { alpha: 128, border: 'pad', values: 'identity', inputRange: [-1, 2], extents: [6, 6] }); // biome-ignore format: one object
  network.dispose();
});

test('one convolution by its options; its certificate as JSON and nothing else', async () => {
  const folder = newFolder();
  await writeNetwork(folder);
  const weights = [
    '--weight',
    'c.weight',
    '--bias',
    'c.bias',
    '--padding',
    '1,2',
    '--stride',
    '2,1',
    '--dilation',
    '1',
  ];
  const others = ['--groups', '1', '--padding-mode', 'reflect', '--max-error', '1e-3', '--values', 'lowrank', '--json'];
  const args = ['convert', 'cnn.safetensors', ...weights, ...others, '-o', 'a.safetensors'];
  const { code, stdout, stderr } = await attentionConv(args, folder);
  assert.is(code, 0, stderr);
  const { file, alpha, attentionBound, bound, measured, inputRange, extents, layers } = JSON.parse(stdout);
  assert.equal([file, inputRange, extents, layers.length], ['a.safetensors', [0, 1], [8, 8], 1]);
  assert.ok(attentionBound <= 1e-3 && alpha > 5 && alpha < 20);
  assert.ok(measured.maxAbs <= bound && bound < 2e-3);
  const network = (await loadAttention(join(folder, 'a.safetensors'))) as AttentionNetwork;
  const { window, bias } = network.attention.get('conv')!;
  assert.equal(window.stride, [2, 1]);
  assert.equal(window.border, { kind: 'pad', mode: 'reflect', widths: [[1, 1], [2, 2]] }); // biome-ignore format: pairs
  assert.is(bias?.size, 3);
  assert.is(network.conversion.values, 'lowrank');
  network.dispose();
});

test('what cannot be converted leaves the file that was there, and no other: status 1, or 2 for what was asked', async () => {
  const folder = newFolder();
  await writeNetwork(folder);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('a.safetensors', 'as before');
  write('lazy.json', '[{"kind": "lazyConv2d", "name": "c"}]');
  write('text.safetensors', 'Kernels and heads, 1 to 9, whatever they may be.');
  const before = filesOf(folder);
  const run = (file: string, ...args: string[]) =>
    attentionConv(['convert', file, '-o', 'a.safetensors', ...args], folder);
  const ended = await Promise.all([
    run('cnn.safetensors', '--spec', 'lazy.json'),
    run('text.safetensors', '--weight', 'c.weight'),
    run('cnn.safetensors', '--weight', 'c.weight', '--extents', '1048576,1048576'),
    run('cnn.safetensors', '--weight', 'c.weight', '--border', 'native', '--padding', '1'),
  ]);
  const expected: readonly (readonly [code: number, message: RegExp])[] = [
    [1, /a lazy layer has no weights yet/],
    [1, /text.safetensors/],
    [1, /out of memory/],
    [2, /layer 0: border 'native' gives replicate padding/],
  ];
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    assert.is(code, expected[i]![0], stderr);
    assert.match(stderr, expected[i]![1]);
    assert.is(stdout, '');
  }
  assert.equal(filesOf(folder), before);
  assert.is(readFileSync(join(folder, 'a.safetensors'), 'utf8'), 'as before');
});

test.run();
