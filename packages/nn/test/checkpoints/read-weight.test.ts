/** Weights and biases as [out, in] and [out] from every layout, part and element type. */
import {
  FormatError,
  init,
  matmul,
  memory,
  OptionError,
  openSafetensors,
  packSafetensors,
  type StoredArray,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionMap, readBias, readWeight, transformerMap } from '../../src/index.js';
import { checkpoint, gpt2, t5, timm, vit } from './synthetic.js';

onTestDevice(test, init);

/** A file with arrays as they are stored. */
const stored = (arrays: Record<string, StoredArray>) =>
  openSafetensors(packSafetensors(new Map(Object.entries(arrays))));

const f32 = (shape: number[], values: number[]): StoredArray => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});

async function values(made: Promise<Tensor | undefined>): Promise<[readonly number[], number[]]> {
  const t = (await made) as Tensor;
  const all = [...(await t.data())];
  t.dispose();
  return [t.shape, all];
}

test('[out, in] stays, [in, out] is transposed, filters become rows', async () => {
  const file = await stored({ w: f32([2, 3], [1, 2, 3, 4, 5, 6]), f: f32([2, 1, 1, 2], [1, 2, 3, 4]) });
  const read = (name: string, layout: 'out-in' | 'in-out') => values(readWeight(file, { name, layout }));
  assert.equal(await read('w', 'out-in'), [[2, 3], [1, 2, 3, 4, 5, 6]]); // biome-ignore format: shape and values
  assert.equal(await read('w', 'in-out'), [[3, 2], [1, 4, 2, 5, 3, 6]]); // biome-ignore format: shape and values
  assert.equal(await read('f', 'out-in'), [[2, 2], [1, 2, 3, 4]]); // biome-ignore format: shape and values
});

test('of maps in one tensor each part is read by itself, with its part of the bias', async () => {
  const six = [1, 2, 3, 4, 5, 6];
  const file = await stored({ rows: f32([3, 2], six), columns: f32([2, 3], six), b: f32([3], [7, 8, 9]) });
  const part = { index: 1, count: 3 };
  const rows = { name: 'rows', layout: 'out-in' as const, part, bias: 'b' };
  assert.equal(await values(readWeight(file, rows)), [[1, 2], [3, 4]]); // biome-ignore format: shape and values
  const columns = { name: 'columns', layout: 'in-out' as const, part };
  assert.equal(await values(readWeight(file, columns)), [[1, 2], [2, 5]]); // biome-ignore format: shape and values
  assert.equal(await values(readBias(file, rows)), [[1], [8]]);
  assert.equal(await values(readBias(file, { ...rows, part: undefined })), [[3], [7, 8, 9]]); // biome-ignore format: shape and values
  assert.is(await readBias(file, columns), undefined);
});

test('F16 and BF16 become float32 without loss', async () => {
  const half: StoredArray = { dtype: 'F16', shape: [1, 2], data: Uint16Array.of(0x3c00, 0xc100) };
  const brain: StoredArray = { dtype: 'BF16', shape: [1, 2], data: Uint16Array.of(0x3f80, 0xc020) };
  const file = await stored({ half, brain });
  for (const name of ['half', 'brain']) {
    assert.equal(await values(readWeight(file, { name, layout: 'in-out' })), [[2, 1], [1, -2.5]]); // biome-ignore format: shape and values
  }
});

test('query, key and value of GPT-2 and timm are those that their one map gives', async () => {
  for (const { shapes, config } of [gpt2, timm]) {
    const file = await checkpoint(shapes);
    await scope(async () => {
      const [layer] = attentionMap(file, config).layers;
      if (layer === undefined) throw new Error('no layer');
      const x = tensor([[1, -2, 3, -4, 5, -6, 7, -8]]);
      const whole = await file.read(layer.query.name);
      const both = layer.query.layout === 'in-out' ? x.matmul(whole) : matmul(x, whole, { transposeB: true });
      const fused = await both.add(await file.read(layer.query.bias as string)).data();
      for (const [i, entry] of [layer.query, layer.key, layer.value].entries()) {
        const [w, b] = [await readWeight(file, entry), (await readBias(file, entry)) as Tensor];
        assert.equal([...w.shape, ...b.shape], [8, 8, 8]);
        const y = await matmul(x, w, { transposeB: true }).add(b).data();
        assertClose(y, fused.slice(8 * i, 8 * i + 8), { rtol: 1e-4, atol: 1e-4 });
      }
    });
  }
});

test('all weights of a map have the shapes that its sizes say', async () => {
  const file = await checkpoint(t5(true).shapes);
  await scope(async () => {
    const [layer] = transformerMap(file, t5(true).config).layers;
    if (layer?.mlp.gate === undefined) throw new Error('no gate');
    const { attention, mlp } = layer;
    const entries = [
      attention.query,
      attention.key,
      attention.value,
      attention.output,
      mlp.up,
      layer.mlp.gate,
      mlp.down,
    ];
    const shapes: (readonly number[])[] = [];
    for (const entry of entries) shapes.push((await readWeight(file, entry)).shape);
    assert.equal(shapes, [[6, 8], [6, 8], [6, 8], [8, 6], [16, 8], [16, 8], [8, 16]]); // biome-ignore format: a table
  });
  const images = await checkpoint(vit.shapes);
  const patch = transformerMap(images, vit.config).embeddings?.patch;
  assert.equal((await values(readWeight(images, patch!)))[0], [8, 12]);
});

test('quantised weights, wrong shapes, missing tensors and parts that are not there are typed errors', async () => {
  const int8: StoredArray = { dtype: 'I8', shape: [2, 2], data: Int8Array.of(1, 2, 3, 4) };
  const file = await stored({
    int8,
    v: f32([2], [1, 2]),
    w: f32([2, 2], [1, 2, 3, 4]),
    f: f32([1, 1, 2, 2], [1, 2, 3, 4]),
  });
  const entry = (name: string, more: object = {}) => ({ name, layout: 'out-in' as const, ...more });
  const quantised = /readWeight: "int8" must be one of F32, F16, BF16, F64, got I8: quantised weights cannot be read/;
  await assertRejects(() => readWeight(file, entry('int8')), FormatError, quantised);
  await assertRejects(() => readWeight(file, entry('v')), FormatError, /"v" must be a matrix, got \[2\]/);
  const turned = entry('f', { layout: 'in-out' });
  await assertRejects(() => readWeight(file, turned), FormatError, /"f" must be a matrix, got \[1, 1, 2, 2\]/);
  await assertRejects(() => readBias(file, entry('w', { bias: 'w' })), FormatError, /readBias: "w" must be a vector/);
  await assertRejects(() => readWeight(file, entry('x')), OptionError, /no tensor "x"/);
  const before = memory().tensors;
  const third = entry('w', { part: { index: 0, count: 3 } });
  await assertRejects(() => readWeight(file, third), FormatError, /"w" has 2 outputs, not 3 equal parts/);
  const behind = entry('w', { part: { index: 2, count: 2 } });
  await assertRejects(() => readWeight(file, behind), OptionError, /"w": there is no part 2 among 2/);
  assert.is(memory().tensors, before);
  const sideways = entry('w', { layout: 'sideways' as never, bias: 'v' });
  const layouts = (op: string): RegExp =>
    new RegExp(`^${op}: "w": layout must be one of out-in, in-out, got "sideways"$`);
  await assertRejects(() => readWeight(file, sideways), OptionError, layouts('readWeight'));
  await assertRejects(() => readBias(file, sideways), OptionError, layouts('readBias'));
  await assertRejects(
    () => readWeight(file, null as never),
    OptionError,
    /readWeight: expected the entry of a weight, got null/,
  );
  const halves = entry('w', { part: 1 as never });
  await assertRejects(() => readWeight(file, halves), OptionError, /"w": expected a part \{ index, count \}, got 1/);
  await assertRejects(
    () => readWeight(file, entry('w'), { dtype: 'int32' as never }),
    OptionError,
    /dtype must be float32 or/,
  );
  await assertRejects(
    () => readWeight(file, entry('w'), { type: 'float32' } as never),
    OptionError,
    /no option 'type'/,
  );
});

test('reading leaves the weight and nothing else', async () => {
  const file = await stored({ w: f32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]) });
  const before = memory().tensors;
  for (const layout of ['out-in', 'in-out'] as const) {
    for (const part of [undefined, { index: 1, count: 2 }]) {
      const w = await readWeight(file, { name: 'w', layout, part });
      assert.is(memory().tensors, before + 1);
      w.dispose();
    }
  }
  assert.is(memory().tensors, before);
});

test.run();
