/** Every family that is known, layer by layer, against plain loops. */
import { init, memory, Rng, tensor } from '@saccade/tensor';
import { onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type OpenTransformerOptions, openTransformer } from '../../src/model/open-transformer.js';
import type { ModelInput } from '../../src/model/rank-model.js';
import { runLayer } from '../../src/model/run-layer.js';
import { albertForward, bertForward, distilbertForward } from './plain-bert.js';
import { gpt2Forward, llamaForward, t5Forward } from './plain-decoders.js';
import { PlainWeights, type Rows } from './plain-math.js';
import { clipTextForward, clipVisionForward, timmForward, vitForward } from './plain-vision.js';
import * as small from './small-checkpoints.js';

onTestDevice(test, init);

const ids = [3, 1, 12, 0, 7, 7, 5];
/** Longer than T5's buckets of one distance each, and than the largest distance. */
const longIds = Array.from({ length: 44 }, (_, i) => (i * i + 3) % 13);

const rng = new Rng(5);
const image = Array.from({ length: 4 }, () =>
  Array.from({ length: 6 }, () => [rng.number(), rng.number(), rng.number()]),
);

/** A model, what it is given, and what its states then are. */
interface Case {
  readonly name: string;
  readonly model: small.Small;
  readonly input: 'image' | readonly number[];
  readonly options?: OpenTransformerOptions;
  readonly expected: (w: PlainWeights) => Rows[];
}

const roundedFrequencies = [0, 1, 2, 3].map((j) => 500 ** (-j / 4));

/** Waves of 6.3 tokens stay, those of 140 and 664 are 8 times as long, and those of 30 in part: 64 positions are 2.15 of them, of a range from 1 to 4. */
const llama3Share = ((64 * roundedFrequencies[1]!) / (2 * Math.PI) - 1) / (4 - 1);
const llama3Frequencies = [
  roundedFrequencies[0]!,
  (1 - llama3Share) * (roundedFrequencies[1]! / 8) + llama3Share * roundedFrequencies[1]!,
  roundedFrequencies[2]! / 8,
  roundedFrequencies[3]! / 8,
];
const llama3 = {
  rope_scaling: {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  },
};

const frequencies = roundedFrequencies;
const cases: readonly Case[] = [
  {
    name: 'BERT',
    model: small.bert,
    input: ids,
    expected: (w) => bertForward(w, ids, { prefix: 'bert.', epsilon: 1e-12 }),
  },
  {
    name: 'RoBERTa, whose positions begin at 2',
    model: small.roberta,
    input: ids,
    expected: (w) => bertForward(w, ids, { prefix: 'roberta.', epsilon: 1e-5, offset: 2 }),
  },
  {
    name: 'Electra, with a projection',
    model: small.electra,
    input: ids,
    expected: (w) => bertForward(w, ids, { prefix: 'electra.', epsilon: 1e-12, projection: true }),
  },
  { name: 'DistilBERT', model: small.distilbert, input: ids, expected: (w) => distilbertForward(w, ids) },
  {
    name: 'ALBERT, with a projection and one layer for all',
    model: small.albert,
    input: ids,
    expected: (w) => albertForward(w, ids),
  },
  { name: 'ViT', model: small.vit, input: 'image', expected: (w) => vitForward(w, image, 'vit') },
  {
    name: 'DeiT in its newer names',
    model: small.deit,
    input: 'image',
    expected: (w) => vitForward(w, image, 'deit'),
  },
  {
    name: "timm's ViT with norms of queries and keys",
    model: small.timm,
    input: 'image',
    expected: (w) => timmForward(w, image),
  },
  {
    name: "timm's ViT with registers, whose tiles alone have positions",
    model: small.timmRegisters,
    input: 'image',
    expected: (w) => timmForward(w, image),
  },
  {
    name: "CLIP's text",
    model: small.clip,
    input: ids,
    options: { family: 'clip-text' },
    expected: (w) => clipTextForward(w, ids),
  },
  {
    name: "CLIP's vision",
    model: small.clip,
    input: 'image',
    options: { family: 'clip-vision' },
    expected: (w) => clipVisionForward(w, image),
  },
  { name: 'GPT-2', model: small.gpt2, input: ids, expected: (w) => gpt2Forward(w, ids) },
  { name: "T5's encoder", model: small.t5(false), input: longIds, expected: (w) => t5Forward(w, longIds, false) },
  {
    name: "T5's encoder with gates",
    model: small.t5(true),
    input: longIds,
    expected: (w) => t5Forward(w, longIds, true),
  },
  {
    name: 'Llama',
    model: small.llama('llama'),
    input: ids,
    expected: (w) => llamaForward(w, ids, { frequencies }),
  },
  {
    name: "Llama 3's scaling",
    model: small.llama('llama', llama3),
    input: longIds,
    expected: (w) => llamaForward(w, longIds, { frequencies: llama3Frequencies }),
  },
  {
    name: 'linear scaling',
    model: small.llama('llama', { rope_scaling: { type: 'linear', factor: 4 } }),
    input: ids,
    expected: (w) => llamaForward(w, ids, { frequencies: frequencies.map((f) => f / 4) }),
  },
  {
    name: "Mistral's window",
    model: small.llama('mistral', { sliding_window: 3 }),
    input: ids,
    expected: (w) => llamaForward(w, ids, { frequencies, window: [3, 3] }),
  },
  {
    name: 'Qwen2, with biases and a window in its second layer',
    model: small.llama('qwen2', { use_sliding_window: true, sliding_window: 3, max_window_layers: 1 }),
    input: ids,
    expected: (w) => llamaForward(w, ids, { frequencies, window: [Number.POSITIVE_INFINITY, 3] }),
  },
  {
    name: 'Qwen3, with norms of queries and keys',
    model: small.llama('qwen3'),
    input: ids,
    expected: (w) => llamaForward(w, ids, { frequencies, queryKeyNorm: true }),
  },
];

/** All states of a model, as lists of values. */
async function statesOf(
  bytes: Uint8Array,
  model: small.Small,
  input: Case['input'],
  options: OpenTransformerOptions,
): Promise<ArrayLike<number>[]> {
  const open = await openTransformer(bytes, { config: model.config, ...options });
  const images = input === 'image' ? tensor(image, { dtype: options.dtype ?? 'float32' }) : undefined;
  const given: ModelInput = images ?? (input as readonly number[]);
  let { states } = await open.embed!(given);
  const all = [await states.data()];
  for (let i = 0; i < open.depth; i++) {
    const next = await open.withLayer(i, (layer) => runLayer(states, layer));
    states.dispose();
    states = next;
    all.push(await states.data());
  }
  states.dispose();
  images?.dispose();
  await open.close();
  return all as ArrayLike<number>[];
}

function assertRelative(actual: ArrayLike<number>, expected: Rows, relative: number, label: string): void {
  const flat = expected.flat();
  assert.is(actual.length, flat.length, label);
  const scale = Math.max(...flat.map(Math.abs));
  const worst = flat.reduce((most, value, i) => Math.max(most, Math.abs(actual[i]! - value)), 0);
  assert.ok(worst <= relative * scale, `${label}: off by ${worst / scale} of the largest value`);
}

for (const { name, model, input, options = {}, expected } of cases) {
  test(`the states of ${name} are those of plain loops`, async () => {
    const before = memory().tensors;
    const { bytes, values } = await small.smallFile(model.shapes);
    const plainStates = expected(new PlainWeights(values));
    for (const [dtype, relative] of [
      ['float32', 1e-5],
      ['float64', 1e-12],
    ] as const) {
      if (dtype === 'float64' && testDevice !== 'wasm') continue;
      const states = await statesOf(bytes, model, input, { ...options, dtype });
      assert.is(states.length, plainStates.length);
      for (const [l, rows] of plainStates.entries()) assertRelative(states[l]!, rows, relative, `${dtype}, layer ${l}`);
    }
    assert.is(memory().tensors, before);
  });
}

test('what the cases vary makes a difference', async () => {
  const outputs = await Promise.all(
    [small.llama('llama'), small.llama('llama', llama3), small.llama('mistral', { sliding_window: 3 })].map(
      async (model) => {
        const { bytes } = await small.smallFile(model.shapes);
        return Array.from((await statesOf(bytes, model, ids, {})).at(-1)!);
      },
    ),
  );
  for (const other of outputs.slice(1)) {
    const apart = other.reduce((most, value, i) => Math.max(most, Math.abs(value - outputs[0]![i]!)), 0);
    assert.ok(apart > 1e-2, `${apart}`);
  }
});

test.run();
