/** The paper's equation 9: what vectors and encodings multiply to, and where float32 gives up. */
import { memory, Rng, scope, softmax } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convToAttention } from '../../src/convert/conv-to-attention.js';
import { encodingForm } from '../../src/convert/encoding-form.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { UnsupportedError } from '../../src/unsupported-error.js';

test('the softmax of vectors times encodings is the attention of the layer', () => {
  const before = memory().tensors;
  scope(() => {
    const layer = new QuadraticAttention({ inputs: 2, heads: 3, rng: new Rng(1) });
    const { vectors, encodings } = encodingForm(layer, [4, 4]);
    const weights = softmax(vectors.matmul(encodings.transpose()));
    // All offsets of an image of 4 x 4 are those around a query within a radius of 3.
    assertClose(weights.dataSync(), layer.probabilities(3).dataSync(), { rtol: 1e-5, atol: 1e-6 });
    layer.dispose();
  });
  assert.is(memory().tensors, before);
});

test('at alpha 128 scores are exact, and the target has the largest', () => {
  const { layer } = convToAttention({ weight: [[[1, 2, 3]]], padding: 1 });
  const { vectors, encodings, notices } = encodingForm(layer, [5]);
  assert.equal(notices, []);
  assert.equal([...vectors.dataSync()], [-128, -256, -128, 0, -128, 256]);
  const scores = vectors.matmul(encodings.transpose());
  assert.equal([...scores.dataSync().subarray(0, 9)], [-1024, -384, 0, 128, 0, -384, -1024, -1920, -3072]);
  for (const t of [vectors, encodings, scores]) t.dispose();
  layer.dispose();
});

test('tells where float32 loses digits', () => {
  const notices = (alpha: number, side: number): readonly string[] => {
    const { layer } = convToAttention({ weight: [[[1, 2, 3]]], padding: 1 }, { alpha });
    const form = encodingForm(layer, [side]);
    form.vectors.dispose();
    form.encodings.dispose();
    layer.dispose();
    return form.notices;
  };
  assert.match(notices(128, 400)[0] as string, /^alpha \|d\|\^2 reaches 2\.0e\+7, beyond the whole numbers of float32/);
  assert.match(notices(100, 4)[0] as string, /no power of two/);
});

test('refuses heads that have no such encoding', () => {
  const layer = new QuadraticAttention({ inputs: 1, heads: 1, covariance: 'full', rng: new Rng(1) });
  assertThrows(() => encodingForm(layer, [3, 3]), UnsupportedError, /only isotropic heads .* got full covariance/);
  layer.dispose();
});

test.run();
