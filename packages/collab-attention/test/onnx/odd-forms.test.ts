/** Forms that few exporters give: ranks that nobody tells, shapes in pieces, biases of parts, one head, old files. */
import { readFileSync } from 'node:fs';
import { init } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compressOnnx } from '../../src/onnx/compress-onnx.js';
import { readModel } from '../../src/onnx/model/model.js';
import { eachField } from '../../src/onnx/model/protobuf.js';
import { FLOAT, INT64, ModelBuilder, message } from './model-builder.js';
import { Rng, uniform } from './random-numbers.js';
import { type Feeds, floats, integers, numbersOf, runOnnx } from './run-onnx.js';

onTestDevice(test, init);

const [batch, tokens, width] = [2, 5, 8];
const rng = new Rng(8);

/** What an attention is made of. */
interface Parts {
  readonly model: ModelBuilder;
  readonly x: string;
  /** A weight, or a bias, of random numbers. */
  weight(shape: readonly number[]): string;
  /** [batch, heads, tokens, dims] of rows, with heads of four dimensions. */
  apart(rows: string, shape: string, perm?: readonly number[]): string;
  /** The rest of the graph. */
  end(query: string, key: string): void;
}

function parts(model: ModelBuilder, source: (x: string) => string = (x) => x): Parts {
  const x = source(model.input('x', FLOAT, ['batch', 'tokens', width]));
  let count = 0;
  const weight = (shape: readonly number[]): string =>
    model.weight(`w${count++}`, shape, uniform(rng, shape.reduce((a, b) => a * b))); // biome-ignore format: a weight
  return {
    ...{ model, x, weight },
    apart(rows, shape, perm = [0, 2, 1, 3]) {
      return model.node('Transpose', [model.node('Reshape', [rows, shape])], { perm });
    },
    end(query, key) {
      model.node('Softmax', [model.node('MatMul', [query, key])], { axis: 3 }, ['out']);
      model.output('out', FLOAT, ['a', 'b', 'c', 'd']);
    },
  };
}

/** Checks that a file computes what it did. */
async function check(file: Uint8Array, sharedDim = 8, feeds?: Feeds): Promise<Uint8Array> {
  const { report, bytes } = await compressOnnx(file, { sharedDim, allowGrowth: true });
  const [one] = report.attentions;
  assert.is(one?.status, 'converted', one?.status === 'unsupported' ? one.reason : '');
  const given = feeds ?? { x: floats([batch, tokens, width], uniform(rng, batch * tokens * width)) };
  const [expected, got] = [await runOnnx(file, given), await runOnnx(bytes(), given)];
  assert.equal(got.out?.dims, expected.out?.dims);
  assertClose(numbersOf(got.out), numbersOf(expected.out), { atol: 1e-5 });
  return bytes();
}

/** The shape of rows, from their own: [batch, tokens, heads, dims]. */
function ownShape({ model }: Parts, rows: string, tail: readonly number[], opset: number): string {
  const shape = model.node('Shape', [rows]);
  const extent = (axis: number): string => {
    const one = model.node('Gather', [shape, model.integers([axis], [])], { axis: 0 });
    return opset < 13
      ? model.node('Unsqueeze', [one], { axes: [0] })
      : model.node('Unsqueeze', [one, model.integers([0])]);
  };
  return model.node('Concat', [extent(0), extent(1), model.integers(tail)], { axis: 0 });
}

for (const opset of [9, 14]) {
  test(`rows of unknown rank tell their shape, in version ${opset}`, async () => {
    const a = parts(new ModelBuilder(opset), (x) => x);
    const hidden = a.model.node(opset < 12 ? 'Shrink' : 'Celu', [a.x]);
    const rows = (): string =>
      a.model.node('Add', [a.model.node('MatMul', [hidden, a.weight([width, 8])]), a.weight([8])]);
    const [query, key] = [rows(), rows()];
    const shapes = [query, key].map((one) => ownShape(a, one, [2, 4], opset)) as [string, string];
    a.end(a.apart(query, shapes[0]), a.apart(key, shapes[1], [0, 2, 3, 1]));
    await check(a.model.bytes());
  });
}

test('shapes are asked for in pieces', async () => {
  const a = parts(new ModelBuilder(15));
  const rows = a.model.node('MatMul', [a.x, a.weight([width, 8])]);
  const lead = a.model.node('Shape', [rows], { start: 0, end: -1 });
  const query = a.apart(rows, a.model.node('Concat', [lead, a.model.integers([2, 4])], { axis: 0 }));
  const last = a.model.node('Shape', [query], { start: -1 });
  const key = a.apart(a.model.node('MatMul', [a.x, a.weight([width, 8])]), a.model.node('Concat', [a.model.integers([0, 0, -1]), last], { axis: 0 }), [0, 2, 3, 1]); // biome-ignore format: a node
  a.end(query, key);
  a.model.node('Shape', [query], {}, ['shape']);
  a.model.output('shape', INT64, [4]);
  const file = a.model.bytes();
  const x = floats([batch, tokens, width], uniform(rng, batch * tokens * width));
  const rewritten = await check(file, 8, { x });
  // Whoever asked for the shape of what went is told it still.
  assert.equal(Array.from((await runOnnx(rewritten, { x })).shape?.data as BigInt64Array, Number), [2, 2, 5, 4]);
});

test('each part of one projection has a bias of its own', async () => {
  const a = parts(new ModelBuilder());
  const rows = a.model.node('MatMul', [a.x, a.weight([width, 24])]);
  a.model.node('Split', [rows, a.model.integers([8, 8, 8])], { axis: 2 }, ['q', 'k', 'v']);
  const biased = (part: string): string => a.model.node('Add', [part, a.weight([8])]);
  const shape = a.model.integers([0, 0, 2, 4]);
  a.end(a.apart(biased('q'), shape), a.apart(biased('k'), shape, [0, 2, 3, 1]));
  a.model.node('Identity', ['v'], {}, ['values']);
  a.model.output('values');
  const file = a.model.bytes();
  const x = { x: floats([batch, tokens, width], uniform(rng, batch * tokens * width)) };
  const rewritten = await check(file, 8, x);
  const [expected, got] = [await runOnnx(file, x), await runOnnx(rewritten, x)];
  assertClose(numbersOf(got.values), numbersOf(expected.values), { atol: 1e-6 });
});

test('heads lie between queries, keys and values', async () => {
  const a = parts(new ModelBuilder());
  // [batch, tokens, heads, 3, dims], as some packed projections have it.
  const rows = a.model.node('Add', [a.model.node('MatMul', [a.x, a.weight([width, 24])]), a.weight([24])]);
  const five = a.model.node('Reshape', [rows, a.model.integers([0, 0, 2, 3, 4])]);
  const part = (i: number): string => a.model.node('Gather', [five, a.model.integers([i], [])], { axis: 3 });
  const turned = (i: number, perm: readonly number[]): string => a.model.node('Transpose', [part(i)], { perm });
  a.end(turned(0, [0, 2, 1, 3]), turned(1, [0, 2, 3, 1]));
  a.model.node('Identity', [part(2)], {}, ['values']);
  a.model.output('values', FLOAT, ['a', 'b', 'c', 'd']);
  const file = a.model.bytes();
  const x = { x: floats([batch, tokens, width], uniform(rng, batch * tokens * width)) };
  const rewritten = await check(file, 8, x);
  assertClose(numbersOf((await runOnnx(rewritten, x)).values), numbersOf((await runOnnx(file, x)).values), { atol: 1e-6 }); // biome-ignore format: a call
});

test('parts keep an axis until it is squeezed, and get one', async () => {
  const a = parts(new ModelBuilder());
  const rows = a.model.node('MatMul', [a.x, a.weight([width, 16])]);
  const five = a.model.node('Reshape', [rows, a.model.integers([0, 0, 2, 2, 4])]);
  const part = (from: number): string => {
    const piece = a.model.node('Slice', [five, a.model.integers([from]), a.model.integers([from + 1]), a.model.integers([2])]); // biome-ignore format: a node
    const more = a.model.node('Unsqueeze', [piece, a.model.integers([0])]);
    return a.model.node('Squeeze', [more, a.model.integers([0, 3])]);
  };
  a.end(a.model.node('Transpose', [part(0)], { perm: [0, 2, 1, 3] }), a.model.node('Transpose', [part(1)], { perm: [0, 2, 3, 1] })); // biome-ignore format: a call
  await check(a.model.bytes());
});

test('one head is an attention too', async () => {
  const a = parts(new ModelBuilder());
  const shape = a.model.integers([0, 0, 1, 8]);
  const rows = (): string => a.model.node('MatMul', [a.x, a.weight([width, 8])]);
  a.end(a.apart(rows(), shape), a.apart(rows(), shape, [0, 2, 3, 1]));
  await check(a.model.bytes());
});

test('a Gemm with factors of its own', async () => {
  const a = parts(new ModelBuilder());
  const flat = a.model.node('Reshape', [a.x, a.model.integers([-1, width])]);
  const rows = (): string => a.model.node('Gemm', [flat, a.weight([8, width]), a.weight([1, 8])], { alpha: { float: 0.5 }, beta: { float: 2 }, transB: 1 }); // biome-ignore format: a node
  const shape = ownShape(a, a.x, [2, 4], 14);
  a.end(a.apart(rows(), shape), a.apart(rows(), shape, [0, 2, 3, 1]));
  await check(a.model.bytes());
});

test('weights without names are told apart by their values', async () => {
  const a = parts(new ModelBuilder());
  const listed = (values: readonly number[]): Uint8Array =>
    message([1, width], [1, 8], [2, FLOAT], [4, new Uint8Array(Float32Array.from(values).buffer)]);
  const constant = (): string => a.model.node('Constant', [], { value: listed(uniform(rng, width * 8)) });
  const shape = a.model.integers([0, 0, 2, 4]);
  const rows = (): string => a.model.node('MatMul', [a.x, constant()]);
  const scores = (): string => a.model.node('MatMul', [a.apart(rows(), shape), a.apart(rows(), shape, [0, 2, 3, 1])]);
  const both = [0, 1].map(() => a.model.node('Softmax', [scores()], { axis: -1 }));
  a.model.node('Sub', both, {}, ['out']);
  a.model.output('out', FLOAT, ['a', 'b', 'c', 'd']);
  const file = a.model.bytes();
  const { report } = await compressOnnx(file, { sharedDim: 8, allowGrowth: true });
  assert.equal(
    report.attentions.map((one) => one.status === 'converted' && one.sameAs),
    [undefined, undefined],
  );
  await check(file);
});

test('files from before version 4 declare new weights as inputs', async () => {
  const file = readFileSync(new URL('../golden/onnx/encoder-old.onnx', import.meta.url));
  const fields: Uint8Array[] = [];
  eachField(file, 'test', ({ no, whole }) => fields.push(no === 1 ? message([1, 3]) : whole));
  const feeds = { ids: integers([batch, tokens], new Array(10).fill(3)), mask: integers([batch, tokens], new Array(10).fill(1)) }; // biome-ignore format: feeds
  const rewritten = await check(new Uint8Array(Buffer.concat(fields)), 16, feeds);
  const { graph } = readModel(rewritten, 'test');
  for (const name of graph.initializers.keys()) assert.ok(graph.inputs.has(name), name);
  assert.is(graph.inputs.size, graph.initializers.size + 2);
});

test.run();
