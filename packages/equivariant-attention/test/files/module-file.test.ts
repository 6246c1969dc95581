/** Networks and layers in files: what comes back, and what damaged and hostile files come to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Linear, StateDictError } from '@saccade/nn';
import { FormatError, init, memory, OptionError, openSafetensors, Rng, scope, type Tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GroupAttentionModule } from '../../src/files/module-config.js';
import { loadGroupAttention, saveGroupAttention } from '../../src/files/module-file.js';
import { groups, rotationsAndMirrors } from '../../src/groups/named-groups.js';
import { GroupSelfAttention } from '../../src/layers/group-self-attention.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import { GroupAttentionNet } from '../../src/network/group-attention-net.js';
import type { GroupAttentionNetOptions } from '../../src/network/net-options.js';
import { released } from '../../src/network/published-nets.js';
import { randomise } from '../turns.js';
import { warningsOf } from '../warnings.js';
import { changed, type Json, saved } from './saved.js';

onTestDevice(test, init);

const rng = new Rng(5);
const net = (options: Partial<GroupAttentionNetOptions> = {}): GroupAttentionNet =>
  new GroupAttentionNet({
    group: 'p4',
    size: 8,
    classes: 3,
    channels: 6,
    heads: 2,
    patch: 3,
    blocks: [1, 1],
    ...options,
    rng,
  });
const lifting = (options: object): LiftingSelfAttention =>
  new LiftingSelfAttention(2, 4, { group: 'p4m', patch: 3, heads: 2, ...options, rng } as never);
const layer = (options: object): GroupSelfAttention =>
  new GroupSelfAttention(3, 4, { group: 'p4', patch: 3, heads: 2, mid: 5, ...options, rng } as never);

const kinds: readonly (readonly [label: string, make: () => GroupAttentionModule, input: readonly number[]])[] = [
  ['a network', () => net(), [2, 8, 8, 1]],
  ['a network with all there is', () => net({ group: 'p4m', normBetweenLayers: true, poolAfterLifting: true, expansion: [1, 2], crop: [1, [0, 0]], liftingPatch: 5, neighbourhood: 'soft', groupIndex: 'pair', norm: 'batch', activation: 'relu', groupPool: 'mean', spatialPool: 'sum', inputDropout: 0.1, poolDropout: 0.1, valueDropout: 0.1, attentionDropout: 0.1, orbitSharedDropout: true, initScale: 1, size: 16 }), [2, 16, 16, 1]],
  ['a network of whole images', () => net({ patch: undefined, size: [4, 6], group: 'mz2', groupEncoding: 'fourier' }), [2, 4, 6, 1]],
  ['a network of the paper\'s encodings', () => net(released('paper2021')), [2, 8, 8, 1]],
  ['a network with a restriction', () => net({ restrict: { afterBlock: 0, elements: [0, 2] } }), [2, 8, 8, 1]],
  ['a network over a group of one\'s own', () => net({ group: rotationsAndMirrors(2) }), [2, 8, 8, 1]],
  ['a network over a subgroup', () => net({ group: groups.p4m.subgroup([0, 2, 5, 7], 'diagonals') }), [2, 8, 8, 1]],
  ['a lifting layer', () => lifting({ neighbourhood: 'disc', dropout: 0.2, strict: true }), [1, 5, 6, 2]],
  ['a lifting layer of whole images', () => lifting({ patch: undefined, maxSize: 6, encoding: 'gevit2023', encodingEps: 1e-12 }), [1, 5, 6, 2]],
  ['a group layer', () => layer({ groupIndex: 'relative', orbitSharedDropout: true }), [1, 4, 5, 5, 3]],
  ['a group layer with a network of poses', () => layer({ groupEncoding: 'fourier' }), [1, 4, 5, 5, 3]],
  ['a group layer of the paper', () => layer({ encoding: 'paper2021' }), [1, 4, 5, 5, 3]],
]; // biome-ignore format: a table

for (const [label, make, shape] of kinds) {
  test(`a file alone rebuilds ${label}, to the last bit`, async () => {
    const before = memory().tensors;
    const module = make();
    randomise(module, rng);
    const bytes = await saved(module, { by: 'us' });
    const twin = await loadGroupAttention(bytes);
    assert.is(twin.constructor, module.constructor);
    assert.equal((await openSafetensors(bytes)).metadata.by, 'us');
    const x = rng.normal(shape) as Tensor;
    const outputs = [module, twin].map((one) => scope(() => one.eval().forward(x).dataSync()));
    assert.equal(outputs[1], outputs[0]);
    assert.equal([...twin.generators().keys()], [...module.generators().keys()]);
    // And what was loaded can be saved, as the same file.
    assert.equal(await saved(twin, { by: 'us' }), bytes);
    for (const one of [module, twin, x]) one.dispose();
    assert.is(memory().tensors, before);
  });
}

test('a network warns when it is loaded as when it was built', async () => {
  const { result: odd } = warningsOf(() => net({ size: 7 }));
  const bytes = await saved(odd);
  const { result, warnings } = warningsOf(() => loadGroupAttention(bytes));
  for (const one of [odd, await result]) one.dispose();
  // Loading is not done when the call returns.
  assert.ok(warnings.length <= 1);
});

test('paths are written and read', async () => {
  const folder = newFolder();
  const path = join(folder, 'net.safetensors');
  const made = net();
  await saveGroupAttention(path, made);
  const twin = await loadGroupAttention(path, { rng: new Rng(1) });
  assert.equal(new Uint8Array(readFileSync(path)), await saved(twin));
  for (const one of [made, twin]) one.dispose();
});

test('other modules, options and files are refused', async () => {
  const other = new Linear(2, 3, { rng });
  const message =
    /^saveGroupAttention: expected a GroupAttentionNet, a LiftingSelfAttention or a GroupSelfAttention, got an object$/;
  await assertRejects(() => saveGroupAttention('x', other as never), OptionError, message);
  other.dispose();
  const made = net();
  const bytes = await saved(made);
  made.dispose();
  await assertRejects(
    () => loadGroupAttention(bytes, { rng: 1 as never }),
    OptionError,
    /^loadGroupAttention: needs a source of random numbers/,
  );
  const before = memory().tensors;
  const another = await changed(bytes, (_c, _t, texts) => {
    texts.saccade_equivariant_attention = '9';
  });
  await assertRejects(
    () => loadGroupAttention(another),
    FormatError,
    /expected a file of saccade_equivariant_attention 1, got one of/,
  );
  const missing = await changed(bytes, (_, tensors) => tensors.delete('head.classes.weight'));
  await assertRejects(() => loadGroupAttention(missing), StateDictError, /^loadGroupAttention.*head.classes.weight/s);
  assert.is(memory().tensors, before);
});

/** Tries a change of a configuration. */
async function refuses(bytes: Uint8Array, change: Json, message: RegExp): Promise<void> {
  const before = memory().tensors;
  const bad = await changed(bytes, (config) => Object.assign(config, change));
  try {
    await assertRejects(() => loadGroupAttention(bad), FormatError, message);
  } catch (error) {
    throw new Error(`${JSON.stringify(change)}: ${(error as Error).message}`);
  }
  assert.is(memory().tensors, before, `${JSON.stringify(change)} leaves tensors`);
}

const TOO_LARGE = /^loadGroupAttention: its configuration asks for more than the \d+ values that there are$/;
const DAMAGED = /^loadGroupAttention: its configuration/;

test('files of strangers are refused before anything large is made for them', async () => {
  const made = [net(), lifting({}), layer({})];
  const [network, first, second] = await Promise.all(made.map((one) => saved(one)));
  for (const one of made) one.dispose();
  const large: Json[] = [
    { channels: 1e9 },
    { heads: 1e9 },
    { imageChannels: 1e9 },
    { classes: 1e9 },
    { expansion: [1e5, 1e5] },
    { blocks: [1e9, 1] },
    { blocks: new Array(2000).fill(0) },
    { restrict: { afterBlock: 0, elements: [] }, channels: 600 },
  ];
  for (const change of large) await refuses(network!, change, TOO_LARGE);
  const layers: Json[] = [{ inputs: 1e9 }, { outputs: 1e9 }, { heads: 1e9 }, { mid: 1e9 }];
  for (const change of layers) for (const bytes of [first!, second!]) await refuses(bytes, change, TOO_LARGE);
  const damaged: Json[] = [
    { kind: 'cubic' },
    { kind: null },
    { group: 'p5' },
    { group: null },
    { group: { name: 'x', table: [[1]], matrices: [] } },
    { encoding: 'new' },
    { encodingEps: -1 },
    { more: 1 },
  ];
  for (const change of damaged) for (const bytes of [network!, first!, second!]) await refuses(bytes, change, DAMAGED);
  const sizes: Json[] = [
    { patch: 1e9 + 1 },
    { patch: undefined, size: 1e6 },
    { patch: undefined, maxSize: 1e6 },
    { patch: 4 },
  ];
  for (const change of sizes) for (const bytes of [first!, second!]) await refuses(bytes, change, DAMAGED);
  const nets: Json[] = [
    { size: [0, 8] },
    { size: 'a' },
    { patch: undefined, liftingPatch: undefined, size: [1e6, 1e6] },
    { blocks: 'a' },
    { crop: [1] },
    { crop: [[1, 1, 1], 0] },
    { crop: [4, 4] },
    { norm: 'x' },
    { groupPool: 3 },
    { spatialPool: {} },
    { restrict: 7 },
    { restrict: { afterBlock: 0, elements: [1] } },
  ];
  for (const change of nets) await refuses(network!, change, DAMAGED);
});

test.run();
