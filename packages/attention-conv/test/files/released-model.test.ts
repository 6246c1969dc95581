/** Checkpoints of the release: its vectors, with the names that training leaves there. */
import { StateDictError } from '@saccade/nn';
import {
  dispose,
  encodeSafetensors,
  FormatError,
  init,
  memory,
  OptionError,
  Rng,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadReleasedModel } from '../../src/files/released-model.js';
import type { ReleasedConfig } from '../../src/model/released-config.js';
import { UnsupportedError } from '../../src/unsupported-error.js';
import { assertOutput, cases } from '../reference.js';

onTestDevice(test, init);

const golden = cases<{ readonly config: ReleasedConfig }>('bert_image');
const names = Object.keys(golden.scalars);

/** The reference's weights under other names, and further tensors. */
async function checkpoint(
  name: string,
  rename: (own: string) => string = (own) => own,
  more: Readonly<Record<string, Tensor>> = {},
): Promise<Uint8Array> {
  const prefix = `${name}.param.`;
  const tensors = new Map(golden.names(prefix).map((own) => [rename(own), golden.tensor(prefix + own)]));
  for (const [own, t] of Object.entries(more)) tensors.set(own, t);
  const bytes = await encodeSafetensors(tensors);
  dispose(tensors);
  return bytes;
}

const configOf = (name: string): ReleasedConfig => golden.scalars[name]!.config;

/** What the release keeps beside the weights. */
const buffers = (prefix: string): Record<string, Tensor> => ({
  [`${prefix}encoder.layer.0.attention.self.R`]: zeros([5, 5, 5, 5, 5]),
  [`${prefix}encoder.layer.1.attention.self.relative_indices`]: tensor([[0, 1]], { dtype: 'int32' }),
  [`${prefix}attention_mask`]: zeros([3]),
  [`${prefix}mask_embedding`]: zeros([8]),
  [`${prefix}cls_embedding`]: zeros([8]),
  [`${prefix}features_downscale.weight`]: zeros([2, 8]),
  [`${prefix}features_downscale.bias`]: zeros([2]),
  [`${prefix}pixelizer.weight`]: zeros([2, 2]),
});

for (const name of names) {
  for (const prefix of ['', 'module.']) {
    test(`${name}, a checkpoint${prefix && ' of DataParallel'}: its logits`, async () => {
      const before = memory().tensors;
      const bytes = await checkpoint(name, (own) => prefix + own, buffers(prefix));
      // Dropout of attention weights acts in training alone.
      const config = { ...configOf(name), attention_probs_dropout_prob: 0.1 };
      const model = await loadReleasedModel(bytes, config, { rng: new Rng(7) });
      const logits = scope(() => model.eval().forward(transpose(golden.tensor(`${name}.x`), [0, 2, 3, 1])));
      await assertOutput(logits, golden.values(`${name}.logits`), name);
      assert.is(model.config.classes, golden.shape(`${name}.logits`)[1]);
      assert.is(model.config.imageChannels, golden.shape(`${name}.x`)[1]);
      logits.dispose();
      model.dispose();
      assert.is(memory().tensors, before);
    });
  }
}

const first = names[0] as string;

test('tensors that are missing, of another shape, or given twice are listed, and nothing is left behind', async () => {
  const before = memory().tensors;
  const load = (bytes: Uint8Array, config = configOf(first)) => loadReleasedModel(bytes, config);
  const few = await checkpoint(first, (own) => own.replace('intermediate.dense.bias', 'intermediate.R'));
  await assertRejects(() => load(few), StateDictError, /encoder\.layer\.0\.intermediate\.dense\.bias/);
  const twice = await checkpoint(first, (own) => own, { 'module.classifier.bias': zeros([10]) });
  await assertRejects(() => load(twice), StateDictError, /classifier.bias: given twice/);
  const more = await checkpoint(first, (own) => own, { 'pooler.weight': zeros([1]) });
  await assertRejects(() => load(more), StateDictError, /pooler.weight/);
  const good = await checkpoint(first);
  const fewer = { ...configOf(first), num_attention_heads: 2 };
  await assertRejects(() => load(good, fewer), StateDictError, /value.weight: expected/);
  assert.is(memory().tensors, before);
});

test('files that are no checkpoints, configurations of others, and what is not supported are typed errors', async () => {
  const before = memory().tensors;
  const good = await checkpoint(first);
  const config = configOf(first);
  const nothing = await encodeSafetensors({});
  await assertRejects(() => loadReleasedModel(nothing, config), FormatError, /no features_upscale.weight of two axes/);
  const other = await checkpoint(first, (own) => own.replace('classifier', 'head'));
  await assertRejects(
    () => loadReleasedModel(other, config),
    FormatError,
    /no classifier.weight of two axes: it is no checkpoint/,
  );
  const cut = good.slice(0, good.length - 9);
  await assertRejects(() => loadReleasedModel(cut, config), FormatError);
  const blur = { ...config, attention_gaussian_blur_trick: true };
  await assertRejects(
    () => loadReleasedModel(good, blur),
    UnsupportedError,
    /attention_gaussian_blur_trick must be false/,
  );
  const patches = { ...config, pooling_concatenate_size: 3 };
  await assertRejects(
    () => loadReleasedModel(good, patches),
    OptionError,
    /imageChannels must be a whole number from 1/,
  );
  await assertRejects(() => loadReleasedModel(good, { ...config, hidden_size: 0 }), OptionError, /channels must be/);
  await assertRejects(() => loadReleasedModel(good, config, { stem: 1 } as never), OptionError, /no option 'stem'/);
  await assertRejects(
    () => loadReleasedModel(good, config, { rng: 1 } as never),
    OptionError,
    /source of random numbers/,
  );
  const gone = await assertRejects(() => loadReleasedModel('no such file', config));
  assert.is((gone as { code?: string }).code, 'io');
  assert.is(memory().tensors, before);
});

test('a configuration that asks for more than the file holds is refused before anything is made', async () => {
  const large: ReleasedConfig[] = [
    { hidden_size: 1e8 },
    { num_attention_heads: 1e9 },
    { num_hidden_layers: 1e9 },
    { intermediate_size: 1e9 },
    { use_gaussian_attention: false, use_learned_2d_encoding: true, max_position_embeddings: 1e12 },
    { use_gaussian_attention: false, use_learned_2d_encoding: true, position_encoding_size: 1e12 },
    { use_gaussian_attention: false, use_learned_2d_encoding: false, hidden_size: 1e6 },
    // The release's own, which is far larger than these vectors.
    { hidden_size: undefined as never },
  ];
  const bytes = await checkpoint(first);
  const before = memory().tensors;
  for (const change of large) {
    const config = { ...configOf(first), ...change };
    const message = /^loadReleasedModel: its configuration asks for more than the \d+ values that there are$/;
    await assertRejects(() => loadReleasedModel(bytes, config), FormatError, message);
  }
  assert.is(memory().tensors, before);
});

test.run();
