/** Damaged and hostile files: an error that says what is wrong, and no memory for what is not there. */
import { FormatError, init, memory, SaccadeError } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compressOnnx } from '../../src/onnx/compress-onnx.js';
import { attentionModel } from './attention-model.js';
import { FLOAT, floatTensor, INT64, ModelBuilder, message, nodeMessage, rawTensor } from './model-builder.js';
import { Rng } from './random-numbers.js';
import { plainForm, smallAttention } from './test-attention.js';

onTestDevice(test, init);

const model = attentionModel(smallAttention(new Rng(1)), plainForm);
const quick = { sharedDim: 2, maxIterations: 1, restarts: 0, init: 'head-svd' } as const;

/** A model of a graph's fields. */
function modelOf(...fields: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  return message([1, 8], [7, message(...fields)], [8, message([1, ''], [2, 14])]);
}

const files: readonly (readonly [label: string, file: Uint8Array, wanted: RegExp])[] = [
  ['nothing', new Uint8Array(), /expected an ONNX model, got bytes without a graph/],
  ['a text', new TextEncoder().encode('not a model at all'), /damaged at byte|expected an ONNX model/],
  ['a graph without versions', message([7, message([2, 'graph'])]), /without a version of its operations/],
  ['two graphs', message([7, message([2, 'a'])], [7, message([2, 'b'])], [8, message([2, 14])]), /expected one graph, got two/],
  ['a graph that is a number', message([7, 3], [8, message([2, 14])]), /field 7 must be length-delimited, got wire type 0/],
  ['an extent below 0', modelOf([5, message([1, -4], [2, FLOAT], [8, 'w'])]), /no shape has the extents/],
  ['extents whose product is no number', modelOf([5, message([1, 2 ** 40], [1, 2 ** 40], [2, FLOAT], [8, 'w'])]), /no shape has the extents/],
  ['forty axes', modelOf([5, message(...Array.from({ length: 40 }, () => [1, 1] as const), [8, 'w'])]), /more than 32 numbers/],
  ['fewer bytes than the shape asks for', modelOf([5, rawTensor('w', [4], FLOAT, new Uint8Array(4))]), /its shape asks for 16 bytes, got 4/],
  ['fewer numbers than the shape asks for', modelOf([5, message([1, 4], [2, INT64], [7, 1], [8, 'w'])]), /its shape asks for 32 bytes, got 1/],
  ['numbers that end within one', modelOf([5, message([1, 2], [2, INT64], [7, Uint8Array.of(1, 0x80)], [8, 'w'])]), /ends within a number|damaged/],
  ['more numbers than the shape asks for', modelOf([5, message([1, 1], [2, INT64], [7, 1], [7, 2], [8, 'w'])]), /more than 1 numbers/],
  ['a name that is no text', modelOf([5, message([1, 1], [2, FLOAT], [8, Uint8Array.of(0xff, 0xfe)])]), /no text in UTF-8/],
  ['a value that two nodes give', modelOf([1, nodeMessage('Relu', ['a'], ['b'])], [1, nodeMessage('Relu', ['a'], ['b'])]), /two nodes give "b"/],
  ['a node that gives a weight', modelOf([5, floatTensor('b', [1], [1])], [1, nodeMessage('Relu', ['a'], ['b'])]), /two nodes give "b"/],
]; // biome-ignore format: a table

for (const [label, file, wanted] of files) {
  test(`${label}: refused`, async () => {
    await assertRejects(() => compressOnnx(file, { sharedDim: 2 }), FormatError, wanted);
  });
}

test('weights that are not finite are named, with the place', async () => {
  const weights = smallAttention(new Rng(1));
  const query = [...weights.query];
  query[3 * 12 + 5] = Number.NaN;
  const file = attentionModel({ ...weights, query }, plainForm);
  await assertRejects(
    () => compressOnnx(file, { sharedDim: 2 }),
    FormatError,
    /"query" must be finite, got NaN at \[5, 3\]/,
  );
});

test('a shape that asks for more than the file has makes nothing of that size', async () => {
  const before = process.memoryUsage().arrayBuffers;
  for (const dims of [[2 ** 20, 2 ** 20], [2 ** 30], [3, 2 ** 28]]) {
    // biome-ignore format: shapes
    const builder = new ModelBuilder();
    const x = builder.input('x', FLOAT, [1, 2, 4]);
    builder.tensor('w', message(...dims.map((extent) => [1, extent] as const), [2, FLOAT], [8, 'w'], [9, new Uint8Array(8)])); // biome-ignore format: a weight
    const [query, key] = [0, 1].map((turned) => {
      const four = builder.node('Reshape', [
        builder.node('MatMul', [x, 'w']),
        builder.integers([1, 2, 2, dims.at(-1)! / 2]),
      ]);
      return builder.node('Transpose', [four], { perm: turned ? [0, 2, 3, 1] : [0, 2, 1, 3] });
    }) as [string, string];
    builder.node('Softmax', [builder.node('MatMul', [query, key])], { axis: -1 }, ['out']);
    builder.output('out');
    const error = await compressOnnx(builder.bytes(), quick).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    assert.ok(error === undefined || error instanceof SaccadeError, `${error}`);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 26);
});

test('graphs in graphs end somewhere', async () => {
  let graph = message([2, 'inner']);
  for (let i = 0; i < 40; i++) graph = message([1, nodeMessage('If', ['c'], [`o${i}`], { then_branch: { graph } })]);
  const file = message([1, 8], [7, graph], [8, message([1, ''], [2, 14])]);
  await assertRejects(() => compressOnnx(file, { sharedDim: 2 }), FormatError, /graphs in graphs, more than 32 deep/);
});

test('products of extents that are squared again and again stay small', async () => {
  const builder = new ModelBuilder();
  let value = builder.node('Shape', [builder.input('x', FLOAT, ['a', 'b'])]);
  for (let i = 0; i < 60; i++) value = builder.node('Mul', [value, value]);
  builder.node('Identity', [value], {}, ['out']);
  builder.output('out', INT64, [2]);
  const { report } = await compressOnnx(builder.bytes(), { sharedDim: 2 });
  assert.equal(report.attentions, []);
});

test('long ways lead to no end of the stack', async () => {
  for (const side of ['product', 'look'] as const) {
    const builder = new ModelBuilder();
    const x = builder.input('x', FLOAT, [1, 2, 8]);
    const rows = (name: string): string =>
      builder.node('MatMul', [x, builder.weight(name, [8, 8], new Array(64).fill(1))]);
    const apart = (name: string, perm: readonly number[]): string =>
      builder.node('Transpose', [builder.node('Reshape', [rows(name), builder.integers([1, 2, 2, 4])])], { perm });
    const query = apart('q', [0, 2, 1, 3]);
    let far = query;
    for (let i = 0; i < 50_000; i++) far = builder.node('Identity', [far]);
    builder.node('Shape', [far], {}, ['shape']);
    const scores = builder.node('MatMul', [side === 'product' ? far : query, apart('k', [0, 2, 3, 1])]);
    builder.node('Softmax', [scores], { axis: -1 }, ['out']);
    builder.output('out');
    const { report } = await compressOnnx(builder.bytes(), quick);
    assert.is(report.total.attentions.unsupported, 1);
  }
});

test('a file that ends anywhere is refused or read, and leaves nothing behind', async () => {
  const before = memory().tensors;
  for (let end = 0; end < model.length; end += 97) {
    const error = await compressOnnx(model.subarray(0, end), quick).then(() => undefined, (cause: unknown) => cause); // biome-ignore format: a call
    assert.ok(error === undefined || error instanceof SaccadeError, `${end}: ${error}`);
  }
  assert.is(memory().tensors, before);
});

test('a file with any bytes changed is refused or read', async () => {
  const change = fc.record({ at: fc.nat(model.length - 1), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      const file = new Uint8Array(model);
      for (const { at, value } of changes) file[at] = value;
      const error = await compressOnnx(file, quick).then(() => undefined, (cause: unknown) => cause); // biome-ignore format: a call
      assert.ok(error === undefined || error instanceof SaccadeError, `${(error as Error)?.stack}`);
    }),
    { numRuns: 300 },
  );
});

test.run();
