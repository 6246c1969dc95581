/** `compressOnnx`: options, report, the file that comes out, and that it is the layer of this library. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { init, memory, OptionError, SaccadeError, scope, type Tensor, tensor, toFloat16 } from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CollaborativeAttention } from '../../src/layer/collaborative-attention.js';
import { compressOnnx } from '../../src/onnx/compress-onnx.js';
import { readModel } from '../../src/onnx/model/model.js';
import { eachField } from '../../src/onnx/model/protobuf.js';
import { readTensor } from '../../src/onnx/model/tensor.js';
import type { CompressOnnxOptions, OnnxProgress } from '../../src/onnx/onnx-options.js';
import { attentionModel, BATCH, TOKENS } from './attention-model.js';
import { bytesOf, FLOAT, FLOAT16, ModelBuilder, message, rawTensor } from './model-builder.js';
import { Rng, uniform } from './random-numbers.js';
import { floats, numbersOf, runOnnx } from './run-onnx.js';
import { plainForm, smallAttention } from './test-attention.js';

onTestDevice(test, init);

const weights = smallAttention(new Rng(1));
const model = attentionModel(weights, plainForm);
const { width, heads, dims } = weights;
const states = (rng: Rng): number[] => uniform(rng, BATCH * TOKENS * width, 2);

test('a rewritten file gives what the layer of this library gives', async () => {
  const before = memory().tensors;
  const masked = { ...plainForm, mask: 'added' } as const;
  const file = attentionModel(weights, masked);
  const x = states(new Rng(2));
  const seen = Array.from({ length: BATCH * TOKENS }, (_, i) => i % 4 !== 3);
  const feeds = {
    x: floats([BATCH, TOKENS, width], x),
    mask: floats([BATCH, 1, 1, TOKENS], seen.map((one) => (one ? 0 : -1e9))), // biome-ignore format: a mask
  };
  for (const sharedDim of [12, 5]) {
    const { report, bytes } = await compressOnnx(file, { sharedDim, seed: 4, allowGrowth: true });
    const got = numbersOf((await runOnnx(bytes(), feeds)).out);
    await scope(async () => {
      const matrix = (values: readonly number[]): Tensor => tensor([...values], { shape: [heads * dims, width] });
      const vector = (values: readonly number[] | undefined): Tensor =>
        tensor([...(values ?? [])], { shape: [heads * dims] });
      const { layer, error } = await CollaborativeAttention.fromConcatenated(
        {
          ...{ queryWeight: matrix(weights.query), queryBias: vector(weights.queryBias) },
          ...{ keyWeight: matrix(weights.key), keyBias: vector(weights.keyBias) },
          ...{ valueWeight: matrix(weights.value), valueBias: vector(weights.valueBias) },
        },
        { heads, rank: sharedDim, seed: 4 },
      );
      const keyMask = tensor(seen.map(Number), { shape: [BATCH, TOKENS], dtype: 'bool' });
      const out = layer.eval().forward(tensor(x, { shape: [BATCH, TOKENS, width] }), { keyMask });
      assertClose(got, (await out.data()) as Float32Array, { atol: 1e-4, rtol: 0 });
      assertClose(report.total.largestError, error, { atol: 1e-6 });
      layer.dispose();
    });
  }
  assert.is(memory().tensors, before);
});

const options: readonly (readonly [CompressOnnxOptions, RegExp])[] = [
  [{}, /takes one of sharedDim and maxError, got neither/],
  [{ sharedDim: 4, maxError: 0.1 }, /got both/],
  [{ sharedDim: 0 }, /sharedDim must be a whole number from 1, or a share .* got 0/],
  [{ sharedDim: 1.5 }, /got 1.5/],
  [{ maxError: -1 }, /maxError must be a number from 0, got -1/],
  [{ sharedDim: 4, allowGrowth: 1 as never }, /allowGrowth must be true or false/],
  [{ sharedDim: 4, externalData: [] as never }, /externalData must be files by name, got/],
  [{ sharedDim: 4, onProgress: 3 as never }, /expected a function/],
  [{ sharedDim: 4, rank: 3 } as never, /no option 'rank'/],
  [{ sharedDim: 4, init: 'zeros' as never }, /init must be one of/],
];

for (const [given, wanted] of options) {
  test(`options ${JSON.stringify(given)} are refused`, async () => {
    await assertRejects(() => compressOnnx(model, given), OptionError, wanted);
  });
}

test('the report says what queries and keys took and take, and adds up', async () => {
  const { report, size, bytes } = await compressOnnx(model, { sharedDim: 1 / 3 });
  const columns = heads * dims;
  const [before, after] = [4 * 2 * (columns * width + columns), 4 * (4 * (2 * width + heads) + heads * width)];
  const [one] = report.attentions;
  if (one?.status !== 'converted') throw new Error('not converted');
  assert.equal(
    [one.heads, one.dims, one.rank, one.bytes, one.bytesSaved],
    [3, 4, 4, { before, after }, before - after],
  );
  assert.is(one.headErrors.length, 3);
  assert.ok(one.error > 0 && one.error <= one.headSvdError + 1e-9);
  assert.equal(report.total.attentions, { converted: 1, unchanged: 0, unsupported: 0 });
  assert.equal(report.total.queryKeyBytes, { before, after });
  assert.equal(report.total.bytes, { before: model.length, after: size });
  assert.is(report.total.largestError, one.error);
  assert.is(bytes().length, size);
  assert.equal(JSON.parse(JSON.stringify(report)).attentions[0].rank, 4);
});

test('attentions that would not become smaller stay, unless growth is allowed', async () => {
  const { report, bytes } = await compressOnnx(model, { sharedDim: 12 });
  const [one] = report.attentions;
  assert.is(one?.status, 'unchanged');
  assert.match(one?.status === 'unchanged' ? one.reason : '', /at rank 12 it would take 1440 bytes, it takes 1248/);
  assert.equal(Buffer.from(bytes()), Buffer.from(model));
  const exact = await compressOnnx(model, { maxError: 0 });
  assert.is(exact.report.total.attentions.unchanged, 1);
  const grown = await compressOnnx(model, { maxError: 1e-9, allowGrowth: true });
  assert.match(grown.report.warnings.join(), /take more bytes than before/);
});

test('an error is kept', async () => {
  const { report } = await compressOnnx(model, { maxError: 0.4 });
  const [one] = report.attentions;
  if (one?.status !== 'converted') throw new Error('not converted');
  assert.ok(one.error <= 0.4 && one.rank < 12);
});

test('the same seed gives the same file', async () => {
  const [a, b] = [
    await compressOnnx(model, { sharedDim: 4, seed: 9 }),
    await compressOnnx(model, { sharedDim: 4, seed: 9 }),
  ];
  assert.equal(a.bytes(), b.bytes());
});

/** The file with further fields in its graph and after it. */
function withFields(file: Uint8Array, ofGraph: Uint8Array, ofModel: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  eachField(file, 'test', ({ no, body, whole }) => {
    parts.push(no === 7 ? message([7, Buffer.concat([body, ofGraph])]) : whole);
  });
  return Buffer.concat([...parts, ofModel]);
}

test('what is not known of a file is written as it was, beside a note of what was done', async () => {
  const ofGraph = message([10, 'a word'], [700, 'unknown'], [701, 5]);
  const ofModel = message([14, message([1, 'author'], [2, 'somebody'])], [999, 'unknown'], [1000, 77]);
  const file = withFields(model, ofGraph, ofModel);
  const { bytes } = await compressOnnx(file, { sharedDim: 4 });
  const [before, after] = [readModel(file, 'before'), readModel(bytes(), 'after')];
  const fields = ({ fields: all }: typeof before): string[] =>
    all.filter(({ no }) => no !== 7).map(({ whole }) => hex(whole));
  assert.equal(fields(after).slice(0, -1), fields(before));
  const others = ({ graph }: typeof before): string[] =>
    graph.items.flatMap((item) => (item.kind === 'other' ? [hex(item.field.whole)] : []));
  assert.is(others(before).length, 4);
  assert.equal(others(after), others(before));
  const nodes = new Set(before.graph.nodes.map((node) => hex(node.message[0] as Uint8Array)));
  const kept = after.graph.nodes.filter((node) => nodes.has(hex(node.message[0] as Uint8Array)));
  assert.ok(kept.some(({ op }) => op === 'Softmax') && kept.length > 5);
  const [, note = ''] = Buffer.from(bytes()).toString('latin1').split('collab_attention');
  assert.match(note, /"layers":\[\{"path":"MatMul_\d+_0","sharedDim":4,"error":0\.\d+\}\]/);
  // A file that was compressed before has one note afterwards.
  const again = await compressOnnx(withFields(model, new Uint8Array(), message([14, message([1, 'collab_attention'], [2, '{}'])])), { sharedDim: 4 }); // biome-ignore format: a call
  assert.is(Buffer.from(again.bytes()).toString('latin1').split('collab_attention').length, 2);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('weights and nodes that nothing needs any more go, others stay', async () => {
  const { bytes } = await compressOnnx(model, { sharedDim: 4 });
  const { graph } = readModel(bytes(), 'test');
  const names = [...graph.initializers.keys()];
  for (const gone of ['query', 'query.bias', 'key', 'key.bias']) assert.not(names.includes(gone), gone);
  for (const kept of ['value', 'value.bias']) assert.ok(names.includes(kept), kept);
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  for (const { inputs } of graph.nodes) {
    for (const input of inputs) assert.ok(made.has(input) || graph.initializers.has(input) || input === 'x', input);
  }
  // Every new value is used, and every weight.
  for (const name of [...graph.initializers.keys(), ...made])
    assert.ok(graph.consumers(name).length > 0 || name === 'out', name);
});

test('weights in half precision stay in it', async () => {
  const file = halfModel();
  const { report, bytes } = await compressOnnx(file, { sharedDim: 5 });
  assert.is(report.total.attentions.converted, 1);
  const shared = [...readModel(bytes(), 'test').graph.initializers.values()].filter(({ name }) =>
    /\.weight$|mixing$/.test(name),
  );
  assert.equal(
    shared.map(({ type }) => type),
    [FLOAT16, FLOAT16, FLOAT16, FLOAT16],
  );
  const exact = await compressOnnx(file, { sharedDim: 12, allowGrowth: true });
  assert.ok(exact.report.total.largestError < 1e-3);
  const x = { x: floats([BATCH, TOKENS, width], states(new Rng(5))) };
  const [expected, got] = [await runOnnx(file, x), await runOnnx(exact.bytes(), x)];
  assertClose(numbersOf(got.out), numbersOf(expected.out), { atol: 1e-2, rtol: 0 });
});

/** The attention in half precision, between casts. */
function halfModel(): Uint8Array {
  const builder = new ModelBuilder();
  const x = builder.node('Cast', [builder.input('x', FLOAT, [BATCH, TOKENS, width])], { to: FLOAT16 });
  const half = (name: string, shape: readonly number[], values: readonly number[]): string =>
    builder.tensor(name, rawTensor(name, shape, FLOAT16, bytesOf(toFloat16(Float32Array.from(values)))));
  const columns = heads * dims;
  const rows = (name: 'query' | 'key' | 'value'): string => {
    const turned = builder.node('Transpose', [half(name, [columns, width], weights[name])], { perm: [1, 0] });
    const bias = half(`${name}.bias`, [columns], weights[`${name}Bias`] ?? []);
    const apart = builder.node('Reshape', [builder.node('Add', [builder.node('MatMul', [x, turned]), bias]), builder.integers([0, 0, heads, dims])]); // biome-ignore format: a node
    return builder.node('Transpose', [apart], { perm: name === 'key' ? [0, 2, 3, 1] : [0, 2, 1, 3] });
  };
  const [query, key, value] = [rows('query'), rows('key'), rows('value')];
  const scores = builder.node('Mul', [builder.node('MatMul', [query, key]), half('scale', [], [0.5])]);
  const context = builder.node('MatMul', [builder.node('Softmax', [scores], { axis: -1 }), value]);
  builder.node('Cast', [context], { to: FLOAT }, ['out']);
  builder.output('out', FLOAT, ['a', 'b', 'c', 'd']);
  return builder.bytes();
}

test('a path, an address, a File and bytes are the same', async () => {
  const path = join(newFolder(), 'model.onnx');
  writeFileSync(path, model);
  const expected = (await compressOnnx(model, { sharedDim: 4 })).bytes();
  const blob = new Blob([new Uint8Array(model)]);
  for (const source of [path, pathToFileURL(path), blob]) {
    assert.equal((await compressOnnx(source, { sharedDim: 4 })).bytes(), expected);
  }
  await assertRejects(() => compressOnnx(join(path, 'none'), { sharedDim: 4 }), SaccadeError, /compressOnnx/);
});

test('a file is written whole or not at all, and a Blob is the same', async () => {
  const folder = newFolder();
  const path = join(folder, 'out.onnx');
  writeFileSync(path, 'before');
  const { save, bytes, blob } = await compressOnnx(model, { sharedDim: 4 });
  await save(path);
  assert.equal(new Uint8Array(readFileSync(path)), bytes());
  assert.equal(new Uint8Array(await blob().arrayBuffer()), bytes());
  assert.equal(readdirSync(folder), ['out.onnx']);
  await assertRejects(() => save(join(folder, 'none', 'out.onnx')), SaccadeError, /cannot write/);
  await assertRejects(() => save(''), OptionError, /expected a path/);
  const ending = new AbortController();
  const stopped = await compressOnnx(model, { sharedDim: 4, signal: ending.signal });
  ending.abort(new Error('enough'));
  await assertRejects(() => stopped.save(join(folder, 'other.onnx')), Error, /enough/);
  assert.equal(readdirSync(folder), ['out.onnx']);
});

test('progress is told, and a signal stops between sweeps', async () => {
  const before = memory().tensors;
  const told: OnnxProgress[] = [];
  await compressOnnx(model, { sharedDim: 4, onProgress: (progress) => told.push(progress) });
  const [first] = told;
  assert.ok(told.length > 3);
  assert.equal([first?.index, first?.attentions, first?.rank], [0, 1, 4]);
  const ending = new AbortController();
  const stop = (): void => ending.abort(new Error('enough'));
  await assertRejects(
    () => compressOnnx(model, { sharedDim: 4, signal: ending.signal, onProgress: stop }),
    Error,
    /enough/,
  );
  assert.is(memory().tensors, before);
});

test('weights that are lists of numbers are read as raw bytes are', async () => {
  const typed = oneByOne(model);
  const [a, b] = [await compressOnnx(typed, { sharedDim: 4 }), await compressOnnx(model, { sharedDim: 4 })];
  assertClose(a.report.total.largestError, b.report.total.largestError);
  assert.is(a.report.total.queryKeyBytes.after, b.report.total.queryKeyBytes.after);
});

/** The weights of a file as lists of floats in the place of raw bytes. */
function oneByOne(file: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  eachField(file, 'test', (field) => {
    if (field.no !== 7) {
      parts.push(field.whole);
      return;
    }
    const items: Uint8Array[] = [];
    eachField(field.body, 'test', ({ no, body, whole }) => items.push(no === 5 ? message([5, listed(body)]) : whole));
    parts.push(message([7, Buffer.concat(items)]));
  });
  return Buffer.concat(parts);
}

function listed(tensorMessage: Uint8Array): Uint8Array {
  const own = readTensor(tensorMessage, 'test');
  if (own.type !== FLOAT) return tensorMessage;
  const parts: Uint8Array[] = [];
  eachField(tensorMessage, 'test', ({ no, body, whole }) => parts.push(no === 9 ? message([4, body]) : whole));
  return Buffer.concat(parts);
}

test.run();
