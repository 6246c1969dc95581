/** Files of strangers: whatever their configuration asks for, they are refused as damaged before anything is made for them, and nothing is left behind. */
import { encodeSafetensors, FormatError, init, loadSafetensors, memory, Rng } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type AttentionModule, loadAttention } from '../../src/files/attention-file.js';
import { ContentAttention } from '../../src/layers/content-attention.js';
import { GatedPositionalAttention } from '../../src/layers/gated-positional-attention.js';
import { LearnedRelativeAttention } from '../../src/layers/learned-relative-attention.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { AttentionImageModel } from '../../src/model/attention-image-model.js';
import { makeNetwork } from './networks.js';
import { changed, type Json, saved } from './saved.js';

onTestDevice(test, init);

const rng = new Rng(5);

/** More is asked for than there is: nothing was made. */
const TOO_LARGE = /^loadAttention: its configuration asks for more than the \d+ values that there are$/;
const DAMAGED = /^loadAttention: its configuration/;

/** What is done to a configuration, or is put into it. */
type Change = Json | ((config: Json) => void);

/** Tries a change of a file. */
async function refuses(bytes: Uint8Array, change: Change, message: RegExp): Promise<void> {
  const before = memory().tensors;
  const bad = await changed(bytes, (config) => {
    if (typeof change === 'function') change(config);
    else Object.assign(config, change);
  });
  const label = typeof change === 'function' ? String(change) : JSON.stringify(change);
  try {
    await assertRejects(() => loadAttention(bad), FormatError, message);
  } catch (error) {
    throw new Error(`${label}: ${(error as Error).message}`);
  }
  assert.is(memory().tensors, before, `${label} leaves tensors`);
}

async function bytesOf(module: AttentionModule): Promise<Uint8Array> {
  const bytes = await saved(module);
  module.dispose();
  return bytes;
}

test('single layers of absurd sizes, kinds and options', async () => {
  const quadratic = await bytesOf(new QuadraticAttention({ inputs: 4, heads: 2, headChannels: 3, rng }));
  const large: Json[] = [
    { heads: 1e12 },
    { outputs: 1e9 },
    { inputs: 1e9 },
    { headChannels: 1e9 },
    { heads: 2 ** 53 },
    { heads: -1 },
    { heads: 1.5 },
    { heads: '2' },
    { heads: null },
    { heads: [2] },
    { dims: 1e9 },
    { inputs: Number.MAX_VALUE },
    // Without heads only a bias is left, of this size.
    { heads: 0, outputs: 1e8 },
    { heads: 0, inputs: 1e8, outputs: 1e8, headChannels: undefined },
  ];
  for (const change of large) await refuses(quadratic, change, TOO_LARGE);
  const damaged: Change[] = [
    { kind: 'cubic' },
    { kind: '__proto__' },
    { kind: 'toString' },
    { kind: ['quadratic'] },
    { kind: null },
    { dims: 4 },
    { dims: 0 },
    { covariance: 'round' },
    { covariance: null },
    { dtype: 'int32' },
    { dtype: 'complex64' },
    { dtype: {} },
    { device: { name: 'wasm' } },
    { window: { stride: [1e9], growth: [0, 0], border: { kind: 'native' } } },
    { window: { stride: [1, 1], growth: [0, 0], border: { kind: 'wall' } } },
    { window: { stride: [1, 1], growth: [0, 0] } },
    { window: { stride: [1, 1], growth: [0, 0], border: { kind: 'pad', mode: '__proto__', widths: [[0, 0], [0, 0]] } } },
    { window: { stride: [1, 1], growth: [0, 0], border: { kind: 'pad', mode: 'zeros', widths: [[0, -1], [0, 0]] } } },
    { window: { stride: [1, 1], growth: [0, 0], border: { kind: 'pad', mode: 'zeros' } } },
    { secret: 1 },
    (config) => Object.defineProperty(config, '__proto__', { value: { heads: 1 }, enumerable: true }),
  ]; // biome-ignore format: one a line
  for (const change of damaged) await refuses(quadratic, change, /^loadAttention: /);
});

test('learned, gated and content layers of absurd sizes', async () => {
  const learned = await bytesOf(new LearnedRelativeAttention({ inputs: 4, heads: 2, maxPositions: 5, rng }));
  for (const change of [
    { heads: 1e9 },
    { inputs: 1e7 },
    { maxPositions: 1e12 },
    { embedding: 1e12 },
    { embedding: undefined },
    { heads: 0, inputs: 1e8 },
  ]) {
    await refuses(learned, change, TOO_LARGE);
  }
  for (const change of [{ scores: 'none' }, { scores: null }, { maxPositions: 0 }, { window: {} }]) {
    await refuses(learned, change, DAMAGED);
  }
  const gated = await bytesOf(new GatedPositionalAttention({ channels: 4, heads: 4, rng }));
  for (const change of [{ channels: 1e9 }, { channels: '4' }]) await refuses(gated, change, TOO_LARGE);
  for (const change of [{ heads: 3 }, { heads: 1e9 }, { dims: 5 }, { qkvBias: 'no' }, { localityStrength: -1 }]) {
    await refuses(gated, change, DAMAGED);
  }
  const content = await bytesOf(new ContentAttention({ channels: 4, heads: 2, rng }));
  await refuses(content, { channels: 1e9 }, TOO_LARGE);
  for (const change of [{ heads: 3 }, { heads: 0 }, { dims: 2 }]) await refuses(content, change, DAMAGED);
});

test('image models of absurd sizes', async () => {
  const model = await bytesOf(
    new AttentionImageModel({ classes: 3, channels: 4, layers: 2, heads: 2, intermediate: 5, rng }),
  );
  const large: Json[] = [
    { classes: 1e12 },
    { channels: 1e9 },
    { layers: 1e9 },
    { heads: 1e9 },
    { heads: [1e9, 1] },
    { heads: [2, '2'] },
    { intermediate: 1e9 },
    { imageChannels: 1e9 },
    { patch: 1e6 },
    { patch: -2 },
    { attention: null },
    { attention: 'quadratic' },
    { attention: { kind: '__proto__' } },
    { attention: { kind: 'constructor' } },
    { attention: { kind: 'global' } },
    { attention: { kind: 'learned', maxPositions: 1e12 } },
    { attention: { kind: 'learned', embedding: 1e12 } },
    { attention: { kind: 'content' }, channels: 1e6 },
    { attention: { kind: 'gated' }, channels: 1e6 },
  ];
  for (const change of large) await refuses(model, change, TOO_LARGE);
  const damaged: Json[] = [
    { dims: 0 },
    { dims: 1e9 },
    { heads: [2] },
    { dropout: 7 },
    { epsilon: -1 },
    { attention: { kind: 'quadratic', covariance: 'round' } },
    { attention: { kind: 'quadratic', secret: 1 } },
    { extra: 1 },
  ];
  for (const change of damaged) await refuses(model, change, DAMAGED);
});

/** A change of one layer of a network, by name. */
const inLayer =
  (name: string, change: Json) =>
  (config: Json): void => {
    const layer = (config.layers as Json[]).find((one) => one.name === name);
    if (layer === undefined) throw new Error(`there is no layer ${name}`);
    Object.assign(layer, change);
  };

test('networks of absurd sizes, names and layers', async () => {
  const network = await bytesOf(makeNetwork(rng));
  const mean = 'averagePool_3';
  const attention = { kind: 'quadratic', dims: 2, inputs: 3, outputs: 3, heads: 4, bias: false };
  for (const change of [
    inLayer('c', { heads: 1e12 }),
    inLayer('c', { outputs: 1e9 }),
    inLayer('f', { inputs: 1e12 }),
    inLayer('f', { outputs: -1 }),
    inLayer('g', { outputs: 1e9, inputs: 0 }),
    inLayer(mean, { attention: { ...attention, heads: 1e9 } }),
    (config: Json) => void (config.layers as Json[]).push({ ...attention, name: 'z', heads: 20 }),
  ]) {
    await refuses(network, change, /^loadAttention: /);
  }
  for (const change of [
    { dims: 4 },
    { dims: 1e9 },
    { dims: '2' },
    { dims: undefined },
    { inputs: 0 },
    { layers: 7 },
    { layers: [null] },
    { layers: [{ kind: 'relu' }] },
    { layers: [{ kind: 'relu', name: '' }] },
    {
      layers: [
        { kind: 'relu', name: 'a' },
        { kind: 'relu', name: 'a' },
      ],
    },
    { layers: [{ kind: 'network', name: 'a' }] },
    { layers: [{ kind: 'content', name: 'a', channels: 2, heads: 1 }] },
    inLayer('flatten_7', { kind: 'unfold' }),
    inLayer('flatten_7', { kind: 'constructor' }),
    inLayer('maxPool_4', { window: undefined }),
    inLayer('maxPool_4', { window: null }),
    inLayer('maxPool_4', { window: { size: [0, 1] } }),
    inLayer('maxPool_4', { window: { size: [2, 2], padding: [9, 9] } }),
    inLayer('maxPool_4', { window: { size: new Array(1000).fill(1) } }),
    inLayer(mean, { attention: null }),
    inLayer(mean, { attention: { kind: 'content', channels: 3, heads: 1 } }),
    inLayer(mean, { window: 'wide' }),
    inLayer('leakyRelu_1', { negativeSlope: -1 }),
    inLayer('leakyRelu_1', { negativeSlope: 'steep' }),
    inLayer('elu_9', { alpha: 1e300 }),
    inLayer('elu_9', { beta: 1 }),
    inLayer('gelu_6', { approximate: 'quick' }),
    inLayer('f', { dtype: 'complex64' }),
    inLayer('g', { name: 'f' }),
    { conversion: null },
    { conversion: [] },
  ] as Change[]) {
    await refuses(network, change, /^loadAttention: /);
  }
});

test('networks that cannot have been converted so', async () => {
  const network = await bytesOf(makeNetwork(rng));
  const good = { alpha: 1, border: 'pad', values: 'identity', inputRange: [0, 1], extents: [6, 6] };
  for (const change of [
    { alpha: 0 },
    { alpha: -3 },
    { alpha: '1' },
    { alpha: null },
    { border: 'wall' },
    { border: 'toString' },
    { values: 'svd' },
    { inputRange: [1, 0] },
    { inputRange: [0] },
    { inputRange: [0, null] },
    { inputRange: 1 },
    { extents: [6] },
    { extents: [6, 6, 6] },
    { extents: [6, 0] },
    { extents: [6, 1.5] },
    { extents: 6 },
  ]) {
    const message = /^loadAttention: its configuration does not say how it was converted$/;
    await refuses(network, { conversion: { ...good, ...change } }, message);
  }
});

test('files of others, and damaged ones', async () => {
  const bytes = await bytesOf(new QuadraticAttention({ inputs: 2, heads: 2, rng }));
  const before = memory().tensors;
  const { tensors } = await loadSafetensors(bytes);
  const write = (metadata: Record<string, string>): Promise<Uint8Array> => encodeSafetensors(tensors, { metadata });
  const refuse = async (metadata: Record<string, string>, message: RegExp): Promise<void> => {
    const other = await write(metadata);
    await assertRejects(() => loadAttention(other), FormatError, message);
  };
  await refuse({}, /expected a file of saccade_attention 1, got one of no saccade_attention$/);
  await refuse({ saccade_attention: '2' }, /expected a file of saccade_attention 1, got one of saccade_attention 2/);
  await refuse({ saccade_attention: '1' }, /its configuration is no JSON/);
  await refuse({ saccade_attention: '1', config: '[]' }, /its configuration is no object/);
  await refuse({ saccade_attention: '1', config: '{}' }, /its configuration is damaged: a layer of kind undefined/);
  for (const t of tensors.values()) t.dispose();
  for (let length = 0; length < bytes.length; length += 7) {
    await assertRejects(() => loadAttention(bytes.slice(0, length)), FormatError);
  }
  assert.is(memory().tensors, before);
});

test('a file with any byte changed is refused or loads, and is no other error', async () => {
  const bytes = await bytesOf(makeNetwork(rng));
  const before = memory().tensors;
  const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  let refused = 0;
  for (let i = 0; i < 400; i++) {
    const damaged = bytes.slice();
    damaged[Math.floor(rng.number() * header)]! = 32 + Math.floor(95 * rng.number());
    try {
      (await loadAttention(damaged)).dispose();
    } catch (error) {
      refused += 1;
      const { code, name, message } = error as { code?: string; name: string; message: string };
      assert.ok(['format', 'state-dict'].includes(code as string), `${name} (${code}): ${message}`);
    }
  }
  assert.ok(refused > 200, `${refused}`);
  assert.is(memory().tensors, before);
});

test.run();
