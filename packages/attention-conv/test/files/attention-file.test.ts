/** Attention in files: what comes back, and what damaged and hostile files come to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lambda, StateDictError } from '@saccade/nn';
import { init, memory, OptionError, openSafetensors, Rng, scope, type Tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convToAttention } from '../../src/convert/conv-to-attention.js';
import { type AttentionModule, loadAttention, saveAttention } from '../../src/files/attention-file.js';
import { ContentAttention } from '../../src/layers/content-attention.js';
import { GatedPositionalAttention } from '../../src/layers/gated-positional-attention.js';
import { LearnedRelativeAttention, type LearnedScores } from '../../src/layers/learned-relative-attention.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { AttentionImageModel, type AttentionImageModelOptions } from '../../src/model/attention-image-model.js';
import { AttentionNetwork } from '../../src/network/attention-network.js';
import type { ConvertNetworkOptions } from '../../src/network/convert-network.js';
import { makeNetwork } from './networks.js';
import { changed, saved } from './saved.js';

onTestDevice(test, init);

const rng = new Rng(5);
const quadratic = (options: object): QuadraticAttention =>
  new QuadraticAttention({ inputs: 4, heads: 2, ...options, rng });
const learned = (scores: LearnedScores, options = {}): LearnedRelativeAttention =>
  new LearnedRelativeAttention({ inputs: 4, heads: 2, scores, maxPositions: 6, ...options, rng });
const model = (options: Partial<AttentionImageModelOptions>): AttentionImageModel =>
  new AttentionImageModel({ classes: 3, channels: 4, layers: 2, heads: 2, intermediate: 5, imageChannels: 4, ...options, rng }).eval(); // biome-ignore format: sizes

const network = (options: ConvertNetworkOptions = {}, dtype: 'float32' | 'float64' = 'float32'): AttentionNetwork =>
  makeNetwork(rng, options, dtype);

type Kind = readonly [label: string, make: () => AttentionModule, images: readonly number[]];

const kernel = [[[[1, 2], [3, 4], [5, 6]], [[0, 1], [1, 0], [2, 2]], [[1, 1], [2, 3], [0, 4]], [[1, 0], [1, 0], [0, 1]]]]; // biome-ignore format: a kernel
const converted = (options: object, conv = {}): QuadraticAttention =>
  convToAttention({ weight: kernel, padding: [[0, 1], [2, 1]], ...conv }, options).layer; // biome-ignore format: pairs

const kinds: readonly Kind[] = [
  ['an isotropic layer', () => quadratic({}), [2, 5, 6, 4]],
  ['a diagonal layer along one axis', () => quadratic({ dims: 1, covariance: 'diagonal', outputs: 3, bias: false }), [2, 9, 4]],
  ['a full layer along three axes', () => quadratic({ dims: 3, covariance: 'full', headChannels: 3 }), [1, 3, 2, 4, 4]],
  ['a layer in float64', () => quadratic({ dtype: 'float64' }), [2, 5, 6, 4]],
  ['a layer whose heads are gone', () => quadratic({ heads: 0 }), [2, 5, 6, 4]],
  ['a converted convolution', () => converted({ border: 'pad' }), [2, 5, 6, 4]],
  ['one with a sink', () => converted({ alpha: 3, border: 'sink' }, { stride: 2 }), [2, 5, 6, 4]],
  ['one with maps of its own', () => converted({ values: 'lowrank' }, { paddingMode: 'reflect' }), [2, 5, 6, 4]],
  ['one without a border', () => converted({ border: 'native' }, { paddingMode: 'replicate' }), [2, 5, 6, 4]],
  ['learned positions', () => learned('position'), [2, 5, 6, 4]],
  ['learned positions along three axes', () => learned('position', { dims: 3, embedding: 3, bias: false }), [1, 2, 3, 2, 4]],
  ['learned positions and content', () => learned('content', { embedding: 3 }), [2, 4, 3, 4]],
  ['positions that queries ask for', () => learned('query-position'), [2, 4, 3, 4]],
  ['positions that queries ask for, and content', () => learned('query-position-and-content', { dtype: 'float64' }), [2, 4, 3, 4]],
  ['a gated layer', () => new GatedPositionalAttention({ channels: 4, heads: 4, rng }), [2, 3, 4, 4]],
  ['a gated layer with biases along one axis', () => new GatedPositionalAttention({ dims: 1, channels: 4, heads: 2, qkvBias: true, rng }), [2, 7, 4]],
  ['attention to content', () => new ContentAttention({ channels: 4, heads: 2, rng }), [2, 3, 4, 4]],
  ['an image model', () => model({ attention: { kind: 'quadratic', covariance: 'full' } }), [2, 4, 6, 4]],
  ['an image model of learned positions', () => model({ dims: 1, patch: 1, attention: { kind: 'learned', scores: 'content', maxPositions: 5 } }), [2, 5, 4]],
  ['an image model with other heads in each block', () => model({ heads: [3, 1], epsilon: 1e-3, dropout: 0.5 }), [2, 4, 6, 4]],
  ['an image model of gates', () => model({ attention: { kind: 'gated', localityStrength: 2 } }), [2, 4, 6, 4]],
  ['an image model of content', () => model({ attention: { kind: 'content' } }), [2, 4, 6, 4]],
  ['a network', () => network(), [3, 6, 6, 4]],
  ['a network with sinks', () => network({ alpha: 2.5, border: 'sink', inputRange: [-1, 2] }), [3, 6, 6, 4]],
  ['a network with maps of its own in float64', () => network({ alpha: 5, values: 'lowrank' }, 'float64'), [3, 6, 6, 4]],
]; // biome-ignore format: a table

for (const [label, make, shape] of kinds) {
  test(`a file alone rebuilds ${label}, to the last bit`, async () => {
    const before = memory().tensors;
    const module = make();
    const bytes = await saved(module, { by: 'us' });
    const twin = await loadAttention(bytes);
    assert.is(twin.constructor, module.constructor);
    assert.equal((await openSafetensors(bytes)).metadata.by, 'us');
    for (const [name, { tensor }] of module.entries()) {
      const other = twin.entries().get(name)!.tensor;
      assert.equal([other.dtype, other.shape, other.dataSync()], [tensor.dtype, tensor.shape, tensor.dataSync()], name);
    }
    const dtype = [...module.parameters().values()][0]!.dtype as 'float32' | 'float64';
    const images = rng.uniform(shape, { dtype });
    const outputs = [module, twin].map((one) => scope(() => one.eval().forward(images).dataSync()));
    assert.equal(outputs[1], outputs[0]);
    // And what was loaded can be saved, as the same file.
    assert.equal(await saved(twin, { by: 'us' }), bytes);
    for (const one of [module, twin, images]) one.dispose();
    assert.is(memory().tensors, before);
  });
}

test('a network remembers what it was converted with', async () => {
  const made = network({ alpha: 9, border: 'sink', values: 'project', inputRange: [-3, 5] });
  const twin = (await loadAttention(await saved(made))) as AttentionNetwork;
  assert.instance(twin, AttentionNetwork);
  assert.equal(twin.conversion, made.conversion);
  assert.equal(twin.conversion, { alpha: 9, border: 'sink', values: 'project', inputRange: [-3, 5], extents: [6, 6] });
  assert.equal([...twin.layers.keys()], [...made.layers.keys()]);
  made.dispose();
  twin.dispose();
});

test('a stem is passed again', async () => {
  const stem = { module: new Lambda((x) => x.mul(2)), channels: 4 };
  const made = model({ stem });
  const bytes = await saved(made);
  const missing = /^loadAttention: the stem of this model is a module of its maker's: pass \{ stem \}$/;
  await assertRejects(() => loadAttention(bytes), OptionError, missing);
  const twin = (await loadAttention(bytes, { stem })) as AttentionImageModel;
  assert.is(twin.stem, stem.module);
  const plain = await saved(twin);
  twin.dispose();
  const without = model({});
  const none = await saved(without);
  await assertRejects(() => loadAttention(none, { stem }), OptionError, /this model has no stem, do not pass one/);
  const layer = quadratic({});
  const other = await saved(layer);
  await assertRejects(() => loadAttention(other, { stem }), OptionError, /only image models have a stem/);
  assert.equal(plain, bytes);
  for (const one of [made, without, layer]) one.dispose();
});

test('files are there whole or not at all', async () => {
  const folder = newFolder();
  const path = join(folder, 'a.safetensors');
  const layer = quadratic({});
  await saveAttention(path, layer);
  assert.equal(new Uint8Array(readFileSync(path)), await saved(layer));
  (await loadAttention(path)).dispose();
  const none = join(folder, 'none', 'a.safetensors');
  assert.is(((await assertRejects(() => saveAttention(none, layer))) as { code?: string }).code, 'io');
  assert.is(((await assertRejects(() => loadAttention(none))) as { code?: string }).code, 'io');
  assert.not(existsSync(none));
  layer.dispose();
  // A tensor that was freed is found while the file is written.
  await assertRejects(() => saveAttention(path, layer), Error, /dispos|freed/);
  assert.equal(readdirSync(folder), ['a.safetensors']);
  (await loadAttention(path)).dispose();
});

test('what no file can hold, and wrong options, are OptionErrors', async () => {
  const layer = quadratic({});
  const message = /^saveAttention: expected an attention layer, an AttentionImageModel or a network, got an object$/;
  await assertRejects(() => saveAttention('x', new Lambda((x) => x) as never), OptionError, message);
  await assertRejects(() => saveAttention({} as never, layer), OptionError, /goes to a path or to \{ save \}/);
  await assertRejects(() => saveAttention('x', layer, { name: 1 } as never), OptionError, /no option 'name'/);
  const bytes = await saved(layer);
  await assertRejects(() => loadAttention(bytes, { seed: 1 } as never), OptionError, /no option 'seed'/);
  await assertRejects(() => loadAttention(bytes, { rng: 1 } as never), OptionError, /needs a source of random numbers/);
  layer.dispose();
});

test('tensors that are missing, unexpected, of another shape or type are listed, and nothing is left behind', async () => {
  const made = network();
  const bytes = await saved(made);
  made.dispose();
  const before = memory().tensors;
  const bad = await changed(bytes, (_, tensors) => {
    tensors.set('f.bias', tensors.get('g.bias') as Tensor);
    tensors.set('c.value.bias', tensors.get('g.bias') as Tensor);
    tensors.delete('g.weight');
  });
  const error = (await assertRejects(() => loadAttention(bad), StateDictError, /^loadAttention: /)) as StateDictError;
  assert.equal([error.missing, error.unexpected], [['g.weight'], ['f.bias']]);
  assert.match(error.mismatched[0] as string, /^c.value.bias: expected \[3\], got \[2\]$/);
  const whole = await changed(bytes, (_, tensors) => {
    const integers = scope(() => (tensors.get('g.bias') as Tensor).cast('int32'));
    tensors.get('g.bias')!.dispose();
    tensors.set('g.bias', integers);
  });
  await assertRejects(() => loadAttention(whole), StateDictError, /g.bias: expected float32, got int32/);
  assert.is(memory().tensors, before + 1);
});

test.run();
