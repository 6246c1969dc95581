/** `attention-conv read` and `plot`: files with layers of all kinds, and what is none of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dispose, init, loadSafetensors, Rng, saveSafetensors, tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readHeads } from '../../src/cli/heads.js';
import { readOriginal } from '../../src/cli/original.js';
import { plot } from '../../src/cli/plot.js';
import { read } from '../../src/cli/read.js';
import { convToAttention } from '../../src/convert/conv-to-attention.js';
import { saveAttention } from '../../src/files/attention-file.js';
import { ContentAttention } from '../../src/layers/content-attention.js';
import { GatedPositionalAttention } from '../../src/layers/gated-positional-attention.js';
import { LearnedRelativeAttention } from '../../src/layers/learned-relative-attention.js';
import { AttentionImageModel } from '../../src/model/attention-image-model.js';
import { makeNetwork } from '../files/networks.js';
import { attentionConv, filesOf } from './command.js';

onTestDevice(test, init);

test('the heads of a network, of all layers or of one', async () => {
  const folder = newFolder();
  const network = makeNetwork(new Rng(1));
  await saveAttention(join(folder, 'a.safetensors'), network);
  network.dispose();
  const [all, one, contours, heads] = await Promise.all([
    attentionConv(['read', 'a.safetensors'], folder),
    attentionConv(['read', 'a.safetensors', '--layer', 'c', '--radius', '1', '--json'], folder),
    attentionConv(['plot', 'a.safetensors', '-o', 'all.svg'], folder),
    attentionConv(['plot', 'a.safetensors', '-o', 'c.svg', '--layer', 'c', '--radius', '2'], folder),
  ]);
  for (const { code, stderr } of [all, one, contours, heads]) assert.equal([code, stderr], [0, '']);
  assert.match(all.stdout, /^c\nhead +looks at +weight .*\n0 shift +\(-1, -1\) +100\.0 %/);
  assert.match(all.stdout, /\n\naveragePool_3.attention\nhead /);
  const { file, layers, radius } = JSON.parse(one.stdout);
  assert.equal([file, layers.length, layers[0].name, layers[0].dims, radius], ['a.safetensors', 1, 'c', 2, 1]);
  assert.is(layers[0].heads.length, 9);
  assert.equal(layers[0].heads[8].argmaxShift, [1, 1]);
  assert.is(contours.stdout, 'picture: all.svg\n');
  for (const name of ['all.svg', 'c.svg'])
    assert.match(readFileSync(join(folder, name), 'utf8'), /^<svg .*<\/svg>\s*$/s);
  assert.match(readFileSync(join(folder, 'c.svg'), 'utf8'), /Where each head of c looks from its query/);
});

test('which layers of a file can be read, by their names', async () => {
  const folder = newFolder();
  const path = join(folder, 'a.safetensors');
  const rng = new Rng(1);
  const model = (attention: object): AttentionImageModel =>
    new AttentionImageModel({ ...{ classes: 2, channels: 4, layers: 2, heads: 2, intermediate: 3 }, attention: attention as never, rng }); // biome-ignore format: sizes
  const cases = [
    [convToAttention({ weight: [[[1, 2, 3]]] }).layer, ['']],
    [new GatedPositionalAttention({ channels: 4, heads: 4, rng }), ['']],
    [new LearnedRelativeAttention({ inputs: 4, heads: 2, maxPositions: 4, rng }), ['']],
    [model({ kind: 'quadratic' }), [0, 1].map((i) => `encoder.layer.${i}.attention.self`)],
    [makeNetwork(rng), ['c', 'n', 'averagePool_3.attention', 'averagePool_5']],
  ] as const;
  for (const [module, names] of cases) {
    await saveAttention(path, module);
    module.dispose();
    const found = await readHeads(path, undefined);
    assert.equal(
      found.map(([name]) => name),
      names,
    );
    const [last] = await readHeads(path, names.at(-1));
    assert.is(last?.[0], names.at(-1));
    for (const [, layer] of [...found, last!]) (layer as unknown as { dispose(): void }).dispose();
  }
  for (const module of [
    new ContentAttention({ channels: 2, heads: 1, rng }),
    new LearnedRelativeAttention({ inputs: 4, heads: 2, maxPositions: 4, scores: 'content', rng }),
    model({ kind: 'content' }),
  ]) {
    await saveAttention(path, module);
    module.dispose();
    await assertRejects(
      () => readHeads(path, undefined),
      Error,
      /a.safetensors: no layer whose heads attend by position/,
    );
  }
});

test('a file of one layer is read and drawn without a name', async () => {
  const folder = newFolder();
  const { layer } = convToAttention({ weight: [[[1, 2, 3]]] }, { alpha: 2 });
  await saveAttention(join(folder, 'a.safetensors'), layer);
  layer.dispose();
  const [heads, picture] = await Promise.all([
    attentionConv(['read', 'a.safetensors'], folder),
    attentionConv(['plot', 'a.safetensors', '-o', 'a.svg'], folder),
  ]);
  assert.is(heads.code, 0, heads.stderr);
  assert.match(heads.stdout, /^head +looks at.*\n0 shift +\(0\) .*\n1 shift +\(1\) .*\n2 shift +\(2\) /);
  assert.is(picture.code, 0, picture.stderr);
  assert.match(readFileSync(join(folder, 'a.svg'), 'utf8'), /^<svg /);
});

test('files of strangers are refused, and their names cannot move the cursor of a terminal', async () => {
  const folder = newFolder();
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('text'), 'Kernels and heads, 1 to 9, whatever they may be.');
  const weight = tensor([[[1, 2, 3]]]);
  await saveSafetensors(at('cnn'), { 'a\u001b[2Jb': weight });
  const network = makeNetwork(new Rng(2));
  await saveAttention(at('network'), network);
  dispose([weight, network]);
  const { tensors, metadata } = await loadSafetensors(at('network'));
  const config = JSON.parse(metadata.config as string) as { layers: Record<string, unknown>[] };
  const write = (name: string, layers: object[]): Promise<void> =>
    saveSafetensors(at(name), tensors, { metadata: { ...metadata, config: JSON.stringify({ ...config, layers }) } });
  const [first, ...rest] = config.layers as [object, ...object[]];
  await write('hostile', [{ ...first, heads: 1e12 }, ...rest]);
  for (const part of ['value.weight', 'value.bias', 'attention_centers', 'attention_spreads']) {
    tensors.set(`c\u001b[2J.${part}`, tensors.get(`c.${part}`)!);
    tensors.delete(`c.${part}`);
  }
  await write('escaping', [{ ...first, name: 'c\u001b[2J' }, ...rest]);
  dispose(tensors);
  const before = filesOf(folder);
  const refuse = async (run: () => Promise<unknown>, message: RegExp): Promise<void> => {
    const error = await assertRejects(run, Error, message);
    assert.not.match(error.message, /\p{Cc}/u);
  };
  const to = ['-o', at('x')];
  await refuse(() => read([at('text')]), /text/);
  await refuse(() => read([at('cnn')]), /expected a file of saccade_attention 1, got one of no saccade_attention/);
  await refuse(() => read([at('hostile')]), /asks for more than the \d+ values that there are/);
  await refuse(() => read([at('escaping'), '--layer', 'z']), /has no layer z; there are c \[2J, n, /);
  await refuse(() => plot([at('escaping'), ...to, '--picture', 'heads']), /name one of c \[2J, n, .* with --layer/);
  await refuse(() => plot([at('escaping'), ...to, '--layer', 'z']), /has no layer z/);
  const values = { weight: 'x' };
  await refuse(() => readOriginal(at('cnn'), values), /has no tensor x; it has a \[2Jb/);
  assert.equal(filesOf(folder), before);
  const { code, stdout, stderr } = await attentionConv(['read', 'escaping'], folder);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^c \[2J\nhead /);
  assert.not.match(stdout.replaceAll('\n', ''), /\p{Cc}/u);
});

test.run();
