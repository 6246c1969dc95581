/** The release's configurations. */
import { Lambda } from '@saccade/nn';
import { memory, OptionError, Rng, scope, zeros } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ReleasedConfig, releasedModel } from '../../src/model/released-config.js';
import { UnsupportedError } from '../../src/unsupported-error.js';

const rng = new Rng(0);

test("the release's models have as many parameters as it says", () => {
  // Two layers tell all: the counts of the first and of each further one.
  const release: ReleasedConfig = {
    hidden_size: 400,
    num_attention_heads: 9,
    num_hidden_layers: 1,
    intermediate_size: 512,
    pooling_concatenate_size: 2,
    max_position_embeddings: 16,
    position_encoding_size: -1,
  };
  const counts: [ReleasedConfig, number][] = [
    [{ use_gaussian_attention: true, attention_isotropic_gaussian: true }, 12_086_844],
    [{ use_learned_2d_encoding: true }, 12_278_682],
    [{ use_learned_2d_encoding: true, use_attention_data: true }, 29_601_882],
  ];
  for (const [config, expected] of counts) {
    const [one, two] = [1, 2].map((layers) => {
      const model = releasedModel({ ...release, ...config, num_hidden_layers: layers }, { rng });
      const { size } = model;
      model.dispose();
      return size;
    }) as [number, number];
    assert.is(one + 5 * (two - one), expected, JSON.stringify(config));
  }
});

test('what a configuration leaves out is as in the release', () => {
  const model = releasedModel({ num_hidden_layers: 1, use_gaussian_attention: true }, { rng });
  const { attention, ...counts } = model.config;
  assert.equal(counts, {
    dims: 2,
    imageChannels: 3,
    classes: 10,
    channels: 400,
    layers: 1,
    heads: 9,
    intermediate: 512,
    patch: 2,
    dropout: 0.1,
    epsilon: 1e-12,
  });
  assert.is((attention as { covariance?: string }).covariance, 'isotropic');
  model.dispose();
});

test('each kind of attention is told from its flags', () => {
  const kinds: [ReleasedConfig, object][] = [
    [{}, { kind: 'content' }],
    [{ use_attention_data: true }, { kind: 'content' }],
    [
      { use_gaussian_attention: true, attention_isotropic_gaussian: false, gaussian_init_mu_std: 3 },
      { kind: 'quadratic', covariance: 'full', centerDeviation: 3, spreadDeviation: undefined },
    ],
    [
      { use_learned_2d_encoding: true, position_encoding_size: 3, max_position_embeddings: 5 },
      { kind: 'learned', scores: 'position', embedding: 3, maxPositions: 5 },
    ],
    [
      { use_learned_2d_encoding: true, query_positional_score: true, position_encoding_size: 3 },
      { kind: 'learned', scores: 'query-position', embedding: undefined, maxPositions: undefined },
    ],
    [
      { use_learned_2d_encoding: true, query_positional_score: true, use_attention_data: true },
      { kind: 'learned', scores: 'query-position-and-content', embedding: undefined, maxPositions: undefined },
    ],
  ];
  for (const [config, expected] of kinds) {
    const model = releasedModel({ hidden_size: 4, num_attention_heads: 2, num_hidden_layers: 1, ...config }, { rng });
    assert.equal(model.config.attention, expected);
    model.dispose();
  }
});

test('a stem takes the place of patches', () => {
  scope(() => {
    const stem = { module: new Lambda((x) => x.mean({ axis: [1, 2], keepDims: true })), channels: 5 };
    const config = { hidden_size: 4, num_attention_heads: 2, num_hidden_layers: 1 };
    const model = releasedModel(config, { stem, rng });
    assert.equal([...model.forward(zeros([2, 7, 3, 5])).shape], [2, 10]);
    model.dispose();
  });
});

test('what the release does and this model does not is refused', () => {
  const before = memory().tensors;
  const refusals: [ReleasedConfig, typeof UnsupportedError | typeof OptionError, RegExp][] = [
    [{ attention_probs_dropout_prob: 0.1 }, UnsupportedError, /attention_probs_dropout_prob must be 0, got 0.1/],
    [{ attention_gaussian_blur_trick: true }, UnsupportedError, /attention_gaussian_blur_trick must be false/],
    [{ hidden_size: 0 }, OptionError, /channels must be a whole number from 1, got 0/],
    [{ hidden_size: 4, num_attention_heads: 3 }, OptionError, /heads must divide 4 channels, got 3/],
  ];
  for (const [config, error, message] of refusals) assertThrows(() => releasedModel(config, { rng }), error, message);
  assertThrows(() => releasedModel({}, { rng, layers: 2 } as never), OptionError, /layers/);
  assert.is(memory().tensors, before);
});

test.run();
