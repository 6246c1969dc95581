/** Selectors in files. */
import { GlobalAveragePool, StateDictError } from '@saccade/nn';
import {
  encodeSafetensors,
  FormatError,
  loadSafetensors,
  memory,
  OptionError,
  Rng,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PatchSelector } from '../src/model/patch-selector.js';
import type { PatchSelectorOptions } from '../src/model/patch-selector-options.js';
import { loadSelector, saveSelector } from '../src/model/selector-checkpoint.js';

function build(options: Partial<PatchSelectorOptions> = {}): PatchSelector {
  return new PatchSelector({
    height: 40,
    width: 44,
    channels: 2,
    classes: 3,
    patches: 2,
    patchSize: 8,
    downscale: 1,
    rng: new Rng(3),
    scorer: { kind: 'conv', channels: [3, 4], pool: 7, squeezeExcite: true },
    features: { kind: 'conv', channels: [3, 4], outSize: 6 },
    ...options,
  });
}

/** The bytes of a saved selector. */
async function saved(selector: PatchSelector): Promise<Uint8Array> {
  let kept: Uint8Array | undefined;
  await saveSelector(
    {
      save: async (bytes) => {
        kept = bytes;
      },
    },
    selector,
  );
  return kept as Uint8Array;
}

/** The bytes with another configuration or other tensors. */
async function changed(
  bytes: Uint8Array,
  change: (config: Record<string, unknown>, tensors: Map<string, Tensor>) => void,
): Promise<Uint8Array> {
  const { tensors, metadata } = await loadSafetensors(bytes);
  const all = [...tensors.values()];
  const config = JSON.parse(metadata.config as string) as Record<string, unknown>;
  change(config, tensors);
  const result = await encodeSafetensors(tensors, { metadata: { ...metadata, config: JSON.stringify(config) } });
  for (const t of all) t.dispose();
  return result;
}

const kinds: readonly Partial<PatchSelectorOptions>[] = [
  {},
  { features: { kind: 'ats', filters: [4, 6], strides: [1, 2] }, aggregation: 'max', align: 'receptive-field' },
  { features: { kind: 'resnet18', blocks: [1, 1], filters: 3, small: true }, aggregation: 'sum-layernorm' },
  { features: { kind: 'torch-resnet18', width: 2 }, aggregation: { kind: 'cross-attention', heads: 2, channels: 8 } },
  { aggregation: { kind: 'transformer', heads: 2, layers: 2, pooling: 'cls' }, appendPosition: true, scale: 2 },
  { aggregation: { kind: 'mlp', hidden: [5], positions: true, outSize: 4 }, normalization: 'layernorm|sigmoid' },
  { scorer: { kind: 'torch-resnet18', width: 2 }, head: 'linear', selection: { method: 'perturbed', samples: 7 } },
];

for (const [i, options] of kinds.entries()) {
  test(`a file alone rebuilds the model: ${
    Object.values(options)
      .map((o) => JSON.stringify(o))
      .join(' ') || 'plain'
  }`, async () => {
    const selector = build(options);
    selector.sigmaMultiplier = 0.25;
    const x = new Rng(i).uniform([2, 40, 44, 2]);
    selector.forward(x).dispose();
    const twin = await loadSelector(await saved(selector));
    assert.equal(twin.config, selector.config);
    assert.is(twin.sigmaMultiplier, 0.25);
    scope(() => assert.equal(twin.eval().forward(x).dataSync(), selector.eval().forward(x).dataSync()));
    for (const one of [selector, twin, x]) one.dispose();
  });
}

test('a module of one’s own is passed again', async () => {
  const features = Object.assign(new GlobalAveragePool(), { outSize: 2 });
  const selector = build({ features });
  const bytes = await saved(selector);
  const missing = /loadSelector: the features of this selector is a module of its maker's: pass \{ features \}/;
  await assertRejects(() => loadSelector(bytes), OptionError, missing);
  const twin = await loadSelector(bytes, { features });
  assert.is(twin.features, features);
  await assertRejects(
    () => loadSelector(bytes, { features, scorer: twin.scorer }),
    OptionError,
    /the file knows its scorer/,
  );
  for (const one of [selector, twin]) one.dispose();
});

test('a part that is undefined counts as not passed, also where loading fails', async () => {
  const selector = build();
  const good = await saved(selector);
  const bad = await changed(good, (_, tensors) => void tensors.delete('final.bias'));
  selector.dispose();
  const before = memory().tensors;
  (await loadSelector(good, { scorer: undefined })).dispose();
  await assertRejects(() => loadSelector(bad, { scorer: undefined }), StateDictError, /^loadSelector: /);
  assert.is(memory().tensors, before);
});

test('tensors that are missing, unexpected or of another shape are listed, and nothing is left behind', async () => {
  const selector = build();
  const bytes = await changed(await saved(selector), (_, tensors) => {
    tensors.set('final.bias_', tensors.get('final.bias') as Tensor);
    tensors.delete('final.bias');
    tensors.set('final.weight', tensors.get('classification_dense1.weight') as Tensor);
  });
  selector.dispose();
  const before = memory().tensors;
  try {
    await loadSelector(bytes);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, StateDictError);
    const { missing, unexpected, mismatched } = error as StateDictError;
    assert.equal([missing, unexpected], [['final.bias'], ['final.bias_']]);
    assert.match(mismatched[0] as string, /final.weight: expected \[3, 6\], got \[6, 6\]/);
  }
  assert.is(memory().tensors, before);
});

test('hostile sizes are refused before anything is made', async () => {
  const selector = build();
  const bytes = await saved(selector);
  selector.dispose();
  const before = memory();
  const changes: Record<string, unknown>[] = [
    { classes: 1e12 },
    { channels: 1e9 },
    { scorer: { kind: 'conv', channels: [1e5, 1e5], pool: 7 } },
    { scorer: { kind: 'conv' }, channels: 1e9 },
    { scorer: { kind: 'conv', channels: [1, 300], squeezeExcite: true, reduction: 1 } },
    { scorer: { kind: 'conv', channels: 7 } },
    { features: { kind: 'ats', filters: [1e6, 1e6] } },
    { features: { kind: 'resnet18', blocks: [1e9], filters: 3 } },
    { features: { kind: 'resnet50', filters: 1e9 } },
    { features: { kind: 'conv', channels: [3, 4], outSize: 1e12 } },
    { features: { kind: 'torch-resnet18', width: 1e8 } },
    { features: { kind: 'ats', filters: [1, 300] } },
    { features: { kind: 'ats', filters: [-1e6, 1e6] } },
    { aggregation: { kind: 'transformer', hidden: 1e9, heads: 1 } },
    { aggregation: { kind: 'transformer', layers: 1e9, heads: 1 } },
    { aggregation: { kind: 'mlp', hidden: [1e6, 1e6] } },
    { aggregation: { kind: 'cross-attention', channels: 1e7 } },
    { aggregation: { kind: 'transformer', heads: 1 }, height: 1e7, width: 1e7 },
    { normalization: 'layernorm|layernorm', height: 1e7, width: 1e7 },
    { features: { kind: '__proto__' } },
    { features: null },
    { selection: [] },
    { patches: 'many' },
    { extra: 1 },
  ];
  for (const change of changes) {
    const bad = await changed(bytes, (config) => Object.assign(config, change));
    await assertRejects(() => loadSelector(bad), FormatError, /values that there are|configuration is damaged/);
  }
  assert.is(memory().tensors, before.tensors);
});

test('files of others and damaged ones are FormatErrors', async () => {
  const selector = build();
  const { tensors } = await loadSafetensors(await saved(selector));
  const write = (metadata: Record<string, string>): Promise<Uint8Array> => encodeSafetensors(tensors, { metadata });
  await assertRejects(
    async () => loadSelector(await write({})),
    FormatError,
    /expected a file of saccade_selector 1, got one of/,
  );
  for (const [config, message] of [
    ['{', /is no JSON/],
    ['3', /is no object/],
    ['[]', /is no object/],
    ['{}', /its configuration is damaged/],
  ] as const) {
    await assertRejects(async () => loadSelector(await write({ saccade_selector: '1', config })), FormatError, message);
  }
  for (const t of tensors.values()) t.dispose();
  selector.dispose();
});

test('what no file can hold is an OptionError', async () => {
  const selector = build({ selection: { method: 'perturbed', noise: new Rng(1).normal([1, 2, 3]) } });
  const message = /saveSelector: selection.noise is a tensor, which no file can hold/;
  await assertRejects(() => saved(selector), OptionError, message);
  await assertRejects(
    () => saveSelector({} as never, build()),
    OptionError,
    /a module goes to a path or to \{ save \}/,
  );
  await assertRejects(() => saveSelector('x', {} as never), OptionError, /expected a PatchSelector/);
});

test.run();
