/** Models as PyTorch exports them, before and after: the same numbers where nothing is lost, and the reason where nothing can be done. */
import { readFileSync } from 'node:fs';
import { init, memory } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compressOnnx } from '../../src/onnx/compress-onnx.js';
import { Rng, uniform } from './random-numbers.js';
import { type Feeds, floats, integers, numbersOf, runOnnx } from './run-onnx.js';

onTestDevice(test, init);

const rng = new Rng(3);
const [batch, tokens, width] = [3, 7, 16];

function exported(name: string): Uint8Array {
  return readFileSync(new URL(`../golden/onnx/${name}.onnx`, import.meta.url));
}

const states = (): Feeds => ({ x: floats([batch, tokens, width], uniform(rng, batch * tokens * width, 2)) });
/** Each sentence has padding at its end. */
const mask = (rows: number, length: number): Feeds => ({
  mask: integers([rows, length], Array.from({ length: rows * length }, (_, i) => Number(i % length < length - Math.floor(i / length)))), // biome-ignore format: a mask
});
const words = (rows = batch, length = tokens): Feeds => ({
  ids: integers(
    [rows, length],
    Array.from({ length: rows * length }, (_, i) => (i * 7) % 11),
  ),
  ...mask(rows, length),
});
const bias = (dims: readonly number[]): Feeds => ({
  bias: floats(
    dims,
    uniform(
      rng,
      dims.reduce((a, b) => a * b),
    ),
  ),
});

type Model = readonly [name: string, attentions: number, feeds: () => Feeds];

const models: readonly Model[] = [
  ['encoder', 2, words],
  ['encoder-fixed', 1, () => words(2, 5)],
  ['encoder-old', 1, words],
  ['encoder-shared', 2, words],
  ['scaled-queries', 1, () => ({ ...states(), ...mask(batch, tokens) })],
  ['vision', 1, () => ({ image: floats([batch, 3, 6, 6], uniform(rng, batch * 108)) })],
  ['packed', 1, states],
  ['packed-index', 1, states],
  ['causal', 1, words],
  ['flat', 1, () => ({ ...states(), ...bias([batch, 1, tokens, tokens]) })],
  ['cross', 1, () => ({ ...states(), source: floats([batch, 4, 12], uniform(rng, batch * 48)), ...bias([1, 4, tokens, 4]) })], // biome-ignore format: a model
  ['torch-layer', 1, states],
];

for (const [name, attentions, feeds] of models) {
  test(`${name} computes what it did when all dimensions are shared`, async () => {
    const before = memory().tensors;
    const original = exported(name);
    const { report, bytes } = await compressOnnx(original, { sharedDim: 16, allowGrowth: true });
    assert.is(report.total.attentions.converted, attentions);
    assert.ok(report.total.largestError < 1e-6);
    const given = feeds();
    const [expected, got] = [await runOnnx(original, given), await runOnnx(bytes(), given)];
    assert.equal(got.out?.dims, expected.out?.dims);
    assertClose(numbersOf(got.out), numbersOf(expected.out), { atol: 1e-4, rtol: 0 });
    assert.is(memory().tensors, before);
  });

  test(`${name} with fewer dimensions has fewer bytes of queries and keys, and runs`, async () => {
    const original = exported(name);
    const { report, bytes } = await compressOnnx(original, { sharedDim: 0.25 });
    const { attentions: counts, queryKeyBytes } = report.total;
    assert.is(counts.converted, attentions);
    assert.ok(queryKeyBytes.after < queryKeyBytes.before / 2);
    const given = feeds();
    const [expected, got] = [await runOnnx(original, given), await runOnnx(bytes(), given)];
    assert.equal(got.out?.dims, expected.out?.dims);
    const far = numbersOf(got.out).reduce((most, x, i) => Math.max(most, Math.abs(x - numbersOf(expected.out)[i]!)), 0);
    assert.ok(far > 1e-6 && Number.isFinite(far), `${far}`);
  });
}

const left: readonly (readonly [name: string, reason: RegExp])[] = [
  ['left-rotary', /depend on positions/],
  ['left-norms', /multiplied by computed values, such as rotations or norms/],
  ['left-cache', /joined with others, such as those of a cache/],
  ['left-keys-out', /go out of the graph/],
];

for (const [name, reason] of left) {
  test(`${name} stays as it is, to the last byte, and the report says why`, async () => {
    const original = exported(name);
    const { report, bytes } = await compressOnnx(original, { sharedDim: 4 });
    assert.equal(report.total.attentions, { converted: 0, unchanged: 0, unsupported: 1 });
    const [one] = report.attentions;
    assert.match(one?.status === 'unsupported' ? one.reason : '', reason);
    assert.match(report.warnings.join(), /none of 1 attentions was converted: the file is a copy/);
    assert.equal(Buffer.from(bytes()), Buffer.from(original));
  });
}

test('attentions with the same weights are decomposed once and share the new ones', async () => {
  const original = exported('encoder-shared');
  const { report, bytes } = await compressOnnx(original, { sharedDim: 4 });
  const [first, second] = report.attentions;
  assert.is(first?.status === 'converted' && first.sameAs, undefined);
  assert.is(second?.status === 'converted' && second.sameAs, first?.name);
  assert.equal(second?.status === 'converted' && second.bytes, { before: 0, after: 0 });
  assert.is(new TextDecoder('latin1').decode(bytes()).split('/query.weight').length - 1, 3); // the weight, and two nodes
});

test.run();
