/** Attention that stays as it is, and why; and what looks like it but is none. */
import { init } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compressOnnx } from '../../src/onnx/compress-onnx.js';
import { FLOAT, ModelBuilder, message, nodeMessage, rawTensor } from './model-builder.js';
import { Rng, uniform } from './random-numbers.js';

onTestDevice(test, init);

const [batch, tokens, width, heads, dims] = [2, 5, 8, 2, 4];
const columns = heads * dims;

/** An attention of which tests change some part. */
class Attention {
  readonly model: ModelBuilder;
  readonly #rng = new Rng(1);
  readonly x: string;

  constructor(opset = 14) {
    this.model = new ModelBuilder(opset);
    this.x = this.model.input('x', FLOAT, [batch, tokens, width]);
  }

  weight(name: string, shape: readonly number[]): string {
    return this.model.weight(name, shape, uniform(this.#rng, shape.reduce((a, b) => a * b))); // biome-ignore format: a weight
  }

  rows(name: string, bias = false): string {
    const rows = this.model.node('MatMul', [this.x, this.weight(name, [width, columns])]);
    return bias ? this.model.node('Add', [rows, this.weight(`${name}.bias`, [columns])]) : rows;
  }

  apart(rows: string, perm: readonly number[] = [0, 2, 1, 3]): string {
    const four = this.model.node('Reshape', [rows, this.model.integers([batch, tokens, heads, dims])]);
    return this.model.node('Transpose', [four], { perm });
  }

  product(query = this.apart(this.rows('query')), key = this.apart(this.rows('key'), [0, 2, 3, 1])): string {
    return this.model.node('MatMul', [query, key]);
  }

  /** The file, with what comes out of scores. */
  bytes(scores: string, attributes: { readonly axis?: number } = { axis: -1 }): Uint8Array {
    this.model.node('Softmax', [scores], attributes, ['out']);
    this.model.output('out');
    return this.model.bytes();
  }
}

async function reasonOf(file: Uint8Array): Promise<string> {
  const { report, bytes } = await compressOnnx(file, { sharedDim: 2 });
  assert.equal(Buffer.from(bytes()), Buffer.from(file));
  assert.is(report.total.attentions.unsupported, 1);
  const [one] = report.attentions;
  return one?.status === 'unsupported' ? one.reason : '';
}

async function isConverted(file: Uint8Array): Promise<boolean> {
  return (await compressOnnx(file, { sharedDim: 2 })).report.total.attentions.converted === 1;
}

const weightScale = (model: ModelBuilder): string => model.float(0.1);

/** A part that is not plain, and what the report says. */
type Case = readonly [label: string, make: (a: Attention) => Uint8Array, reason: RegExp];

const cases: readonly Case[] = [
  ['queries that are an input', (a) => a.bytes(a.product(a.model.input('q', FLOAT, [batch, heads, tokens, dims]))), /queries go into the graph as they are/],
  ['keys repeated for several heads', (a) => a.bytes(a.product(undefined, a.model.node('Expand', [a.apart(a.rows('key'), [0, 2, 3, 1]), a.model.integers([2, 2, 4, 5])]))), /keys are repeated \(Expand\)/],
  ['norms of queries', (a) => a.bytes(a.product(a.model.node('LayerNormalization', [a.apart(a.rows('query')), a.weight('norm', [dims])]))), /queries are normalised \(LayerNormalization\)/],
  ['rotary positions', (a) => {
    const query = a.apart(a.rows('query'));
    return a.bytes(a.product(a.model.node('Add', [query, a.model.node('Neg', [query])])));
  }, /depend on positions/],
  ['rotary positions by one node', (a) => a.bytes(a.product(a.model.node('RotaryEmbedding', [a.apart(a.rows('query'))], {}, 1, 'com.microsoft'))), /depend on positions/],
  ['something added to heads', (a) => a.bytes(a.product(a.model.node('Add', [a.apart(a.rows('query')), a.weight('more', [1, 1, 1, dims])]))), /something is added to heads of its queries/],
  ['queries times 0', (a) => a.bytes(a.product(a.model.node('Mul', [a.apart(a.rows('query')), a.model.float(0)]))), /multiplied by 0/],
  ['weights that are dequantised', (a) => {
    const stored = a.model.tensor('q8', rawTensor('q8', [width, columns], 3, new Uint8Array(width * columns)));
    const weight = a.model.node('DequantizeLinear', [stored, weightScale(a.model)]);
    return a.bytes(a.product(a.apart(a.model.node('MatMul', [a.x, weight]))));
  }, /the weight of its queries are quantised|queries are quantised \(DequantizeLinear\)/],
  ['whole numbers', (a) => {
    const stored = a.model.tensor('q8', rawTensor('q8', [width, columns], 3, new Uint8Array(width * columns)));
    const wholes = a.model.node('MatMulInteger', [a.model.node('DynamicQuantizeLinear', [a.x], {}, 3), stored]);
    const rows = a.model.node('Mul', [a.model.node('Cast', [wholes], { to: FLOAT }), a.model.node('ReduceMax', [a.x])]);
    return a.bytes(a.product(a.apart(rows)));
  }, /queries are quantised \(MatMulInteger\)/],
  ['four bits', (a) => a.bytes(a.product(a.apart(a.model.node('MatMulNBits', [a.x, a.weight('packed', [4])], {}, 1, 'com.microsoft')))), /queries are quantised \(com.microsoft.MatMulNBits\)/],
  ['queries that something else sees', (a) => {
    const query = a.apart(a.rows('query'));
    a.model.node('Relu', [query], {}, ['other']);
    a.model.output('other');
    return a.bytes(a.product(query));
  }, /used elsewhere too \(Relu other\)/],
  ['queries that go out', (a) => {
    const query = a.apart(a.rows('query'));
    a.model.output(query);
    return a.bytes(a.product(query));
  }, /go out of the graph/],
  ['queries that a graph in a node sees', (a) => {
    const query = a.apart(a.rows('query'));
    const branch = message([1, nodeMessage('Relu', [query], ['inner'])], [12, message([1, 'inner'])]);
    a.model.node('If', [a.model.input('which', 9, [])], { then_branch: { graph: branch }, else_branch: { graph: branch } }, ['other']);
    a.model.output('other');
    return a.bytes(a.product(query));
  }, /used elsewhere too \(If other\)/],
  ['no heads', (a) => a.bytes(a.product(a.rows('query'), a.model.node('Transpose', [a.rows('key')], { perm: [0, 2, 1] }))), /queries are not \[batch, heads, tokens, dims\]/],
  ['other heads of queries than of keys', (a) => {
    const key = a.model.node('Reshape', [a.rows('key'), a.model.integers([batch, tokens, 1, columns])]);
    return a.bytes(a.product(undefined, a.model.node('Transpose', [key], { perm: [0, 2, 3, 1] })));
  }, /queries have 2 heads of 4, its keys 1 of 8/],
  ['scores by Einsum', (a) => a.bytes(a.model.node('Einsum', [a.apart(a.rows('query')), a.apart(a.rows('key'))])), /scores go through Einsum/],
  ['a sum of two products', (a) => a.bytes(a.model.node('Add', [a.product(), a.model.node('MatMul', [a.x, a.model.node('Neg', [a.x])])])), /sum of several products/],
  ['operations that do not broadcast', () => {
    const a = new Attention(6);
    return a.bytes(a.product());
  }, /operations of version 6 do not broadcast/],
]; // biome-ignore format: a table

for (const [label, make, reason] of cases) {
  test(`${label}: left alone`, async () => {
    assert.match(await reasonOf(make(new Attention())), reason);
  });
}

/** Scores on their way to the softmax, which a key's bias must not change. */
const ways: readonly (readonly [label: string, way: (a: Attention, scores: string) => string, reason: RegExp])[] = [
  ['a cap', (a, scores) => a.model.node('Tanh', [scores]), /scores go through Tanh/],
  ['a factor of each query', (a, scores) => a.model.node('Mul', [scores, a.model.node('ReduceMax', [a.x])]), /multiplied by computed values/],
  ['a mask of small numbers', (a, scores) => a.model.node('Where', [a.model.input('seen', 9, [tokens]), scores, a.model.float(-5)]), /masked with numbers that are not far below 0/],
  ['another shape', (a, scores) => a.model.node('Reshape', [scores, a.model.integers([2, 2, 25])]), /the shape of its scores is computed/],
  ['another look at them', (a, scores) => {
    a.model.node('Relu', [scores], {}, ['other']);
    a.model.output('other');
    return scores;
  }, /scores are used elsewhere too/],
]; // biome-ignore format: a table

for (const [label, way, reason] of ways) {
  test(`${label} on the way of scores: left alone where keys have a bias, shared where not`, async () => {
    const scoresOf = (a: Attention, bias: boolean): string =>
      way(a, a.product(undefined, a.apart(a.rows('key', bias), [0, 2, 3, 1])));
    const biased = new Attention();
    assert.match(await reasonOf(biased.bytes(scoresOf(biased, true))), reason);
    const plain = new Attention();
    assert.ok(await isConverted(plain.bytes(scoresOf(plain, false))));
  });
}

test('a softmax along another axis: left alone where keys have a bias', async () => {
  const a = new Attention(11);
  assert.match(
    await reasonOf(a.bytes(a.product(undefined, a.apart(a.rows('key', true), [0, 2, 3, 1])), {})),
    /not along the last axis/,
  );
});

test('attention that is one node is named, and left alone', async () => {
  for (const [op, domain] of [
    ['Attention', 'com.microsoft'],
    ['GroupQueryAttention', 'com.microsoft'],
    ['Attention', ''],
  ] as const) {
    // biome-ignore format: a list
    const model = new ModelBuilder();
    model.node(op, [model.input('x', FLOAT, [1, 2, 3])], {}, ['out'], domain);
    model.output('out');
    assert.match(await reasonOf(model.bytes()), /which takes keys and queries apart by head/);
  }
});

test('attention in a graph within a node is told of', async () => {
  const model = new ModelBuilder();
  const branch = message([1, nodeMessage('Softmax', ['x'], ['inner'])], [12, message([1, 'inner'])]);
  model.node('If', [model.input('which', 9, [])], { then_branch: { graph: branch } }, ['out']);
  model.output('out');
  assert.match(await reasonOf(model.bytes()), /lies in a graph within a node \(Softmax in If\)/);
});

test('functions of a file are told of', async () => {
  const model = new ModelBuilder();
  model.node('Relu', [model.input('x', FLOAT, [1])], {}, ['out']);
  model.output('out');
  const { report } = await compressOnnx(model.bytes([[25, message([1, 'own'])]]), { sharedDim: 2 });
  assert.match(report.warnings.join(), /1 functions of its own that the file has were not looked into/);
});

test('a softmax of a classifier is no attention', async () => {
  const a = new Attention();
  const { report } = await compressOnnx(a.bytes(a.rows('classes', true)), { sharedDim: 2 });
  assert.equal(report.attentions, []);
  assert.match(report.warnings.join(), /no attention was found: the file is a copy/);
});

test('two attentions of one module have names of their own', async () => {
  const a = new Attention();
  const named = (name: string): string => {
    const [query, key] = [a.apart(a.rows(`${name}.q`)), a.apart(a.rows(`${name}.k`), [0, 2, 3, 1])];
    return a.model.node('MatMul', [query, key], {}, [`/layer/${name}`]);
  };
  const sum = a.model.node('Add', ['one', 'two'].map((name) => a.model.node('Softmax', [named(name)], { axis: -1 }))); // biome-ignore format: a sum
  a.model.node('Identity', [sum], {}, ['out']);
  a.model.output('out');
  const { report } = await compressOnnx(a.model.bytes(), { sharedDim: 2 });
  assert.equal(report.attentions.map(({ name, status }) => [name, status]), [['layer', 'converted'], ['layer (2)', 'converted']]); // biome-ignore format: names
});

test.run();
