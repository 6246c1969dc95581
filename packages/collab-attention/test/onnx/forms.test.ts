/** Attention in all forms that are known: what the rewritten graph computes is what its shared weights say, and with all dimensions what it was. */
import { init, memory } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compressOnnx } from '../../src/onnx/compress-onnx.js';
import { type AttentionForm, type AttentionWeights, attentionModel, BATCH, laterScale, TOKENS, wholeScale } from './attention-model.js'; // biome-ignore format: a list
import { ordinaryScores, plainAttention, type Sentences, sharedScores } from './plain-attention.js';
import { Rng, uniform } from './random-numbers.js';
import { type Feeds, floats, integers, numbersOf, runOnnx } from './run-onnx.js';

onTestDevice(test, init);

const sizes = { width: 6, heads: 3, dims: 2 };

function weightsFor(rng: Rng, keyWidth: number, biases: boolean): AttentionWeights {
  const { width, heads, dims } = sizes;
  const columns = heads * dims;
  const bias = (): number[] | undefined => (biases ? uniform(rng, columns) : undefined);
  return {
    ...{ ...sizes, keyWidth },
    query: uniform(rng, columns * width),
    key: uniform(rng, columns * keyWidth),
    value: uniform(rng, columns * keyWidth),
    ...{ queryBias: bias(), keyBias: bias(), valueBias: bias() },
  };
}

function sentencesFor(rng: Rng, keyWidth: number, cross: boolean, { mask }: AttentionForm): Sentences {
  const x = uniform(rng, BATCH * TOKENS * sizes.width, 2);
  const source = cross ? uniform(rng, BATCH * TOKENS * keyWidth, 2) : x;
  const hides = Array.from({ length: BATCH * TOKENS }, (_, i) => Number(i !== TOKENS - 1 && i !== TOKENS + 1));
  return { x, source, mask: mask === 'none' ? undefined : hides };
}

function feedsOf({ x, source, mask }: Sentences, keyWidth: number, cross: boolean, form: AttentionForm): Feeds {
  const dims = [BATCH, 1, 1, TOKENS];
  const masked = (): Feeds =>
    form.mask === 'added'
      ? { mask: floats(dims, mask!.map((seen) => (seen ? 0 : -1e9))) } // biome-ignore format: a mask
      : { mask: integers(dims, mask!) };
  return {
    x: floats([BATCH, TOKENS, sizes.width], x),
    ...(cross && { source: floats([BATCH, TOKENS, keyWidth], source) }),
    ...(mask !== undefined && masked()),
  };
}

/** Checks a form at full rank and at a lower one. */
async function check(form: AttentionForm, cross: boolean, biases: boolean, seed: number): Promise<void> {
  const rng = new Rng(seed);
  const keyWidth = cross ? 5 : sizes.width;
  const weights = weightsFor(rng, keyWidth, biases);
  const sentences = sentencesFor(rng, keyWidth, cross, form);
  const feeds = feedsOf(sentences, keyWidth, cross, form);
  const model = attentionModel(weights, form, cross);
  const expected = plainAttention(weights, ordinaryScores(weights), wholeScale(weights, form), sentences);
  assertClose(numbersOf((await runOnnx(model, feeds)).out), expected, { atol: 1e-5 }, 'as it was');
  for (const sharedDim of [6, 2]) {
    const { report, bytes } = await compressOnnx(model, { sharedDim, allowGrowth: true });
    const [one] = report.attentions;
    assert.is(one?.status, 'converted', one?.status === 'unsupported' ? one.reason : '');
    const own = plainAttention(weights, sharedScores(bytes(), weights), laterScale(weights, form), sentences);
    const got = numbersOf((await runOnnx(bytes(), feeds)).out);
    assertClose(got, own, { atol: 1e-5 }, `as shared, ${sharedDim}`);
    if (sharedDim === 6) assertClose(got, expected, { atol: 1e-4, rtol: 0 }, 'exact');
  }
}

const common: AttentionForm = { opset: 14, projection: 'matmul', packed: 'no', shape: 'computed', scale: 'divided', mask: 'added', turn: 'one', flat: false }; // biome-ignore format: a form

const forms: readonly (readonly [label: string, form: Partial<AttentionForm>, cross?: boolean])[] = [
  ['BERT with fixed shapes', { shape: 'fixed' }],
  ['DistilBERT', { scale: 'query', shape: 'rest', mask: 'where-not' }],
  ['ViT with zeros in shapes', { shape: 'zeros', mask: 'none', scale: 'multiplied' }],
  ['GPT-2', { projection: 'gemm', packed: 'split', mask: 'where' }],
  ['timm', { packed: 'gather', mask: 'none', scale: 'query' }],
  ['one projection in slices', { packed: 'slice', projection: 'gemm-turned' }],
  ['cross attention', { projection: 'turned' }, true],
  ['weights that are Constants', { projection: 'constant', scale: 'none' }],
  ['scaled dot product attention of version 14', { scale: 'computed' }],
  ['keys that are turned by way of three axes', { turn: 'three-axes', scale: 'both' }],
  ['one axis of batch and heads', { flat: true, scale: 'query-rows' }],
  ['a number of heads that is left open', { shape: 'rest-heads', scale: 'key' }],
  ['axes as attributes', { opset: 11, packed: 'split' }],
];

for (const [label, form, cross = false] of forms) {
  test(`the form of ${label} is rewritten`, async () => {
    const before = memory().tensors;
    await check({ ...common, ...form }, cross, true, 1);
    assert.is(memory().tensors, before);
  });
}

const anyForm = fc.record<AttentionForm>({
  opset: fc.constantFrom(11, 14),
  projection: fc.constantFrom('matmul', 'turned', 'constant', 'gemm', 'gemm-turned'),
  packed: fc.constantFrom('no', 'split', 'slice', 'gather'),
  shape: fc.constantFrom('fixed', 'zeros', 'rest', 'computed'),
  scale: fc.constantFrom('divided', 'multiplied', 'query', 'key', 'both', 'computed', 'none'),
  mask: fc.constantFrom('none', 'added', 'where', 'where-not'),
  turn: fc.constantFrom('one', 'three-axes'),
  flat: fc.boolean(),
});

test('any mixture of forms is rewritten, with biases or without, of one source or two', async () => {
  await fc.assert(
    fc.asyncProperty(anyForm, fc.boolean(), fc.boolean(), fc.nat(1000), async (form, cross, biases, seed) => {
      await check(form, cross && form.packed === 'no', biases, seed);
    }),
    { numRuns: 20 },
  );
});

test.run();
