import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StateDictError } from '@saccade/nn';
import { FormatError, init, memory, OptionError, ShapeError, scope, zeros } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { residualCurve } from '../../src/curve/residual-curve.js';
import { type OpenTransformerOptions, openTransformer } from '../../src/model/open-transformer.js';
import { runLayer } from '../../src/model/run-layer.js';
import { albert, bert, deit, gpt2, llama, type Small, smallFile, t5, vit } from './small-checkpoints.js';

onTestDevice(test, init);

const ids = [3, 1, 12, 0, 7];

async function open(
  { shapes, config }: Small,
  options: OpenTransformerOptions = {},
  file: Parameters<typeof smallFile>[1] = {},
): ReturnType<typeof openTransformer> {
  return await openTransformer((await smallFile(shapes, file)).bytes, { config, ...options });
}

/** The same tensors but one, which has another shape or is not there. */
const changed = ({ shapes, config }: Small, name: string, shape?: readonly number[]): Small => {
  const { [name]: _, ...rest } = shapes;
  return { shapes: shape === undefined ? rest : { ...rest, [name]: shape }, config };
};

const configured = ({ shapes, config }: Small, more: Small['config']): Small => ({
  shapes,
  config: { ...config, ...more },
});

test('a model tells its sizes and its last norm, and holds nothing once it is closed', async () => {
  const before = memory().tensors;
  const model = await open(gpt2);
  assert.is(model.width, 16);
  assert.is(model.depth, 2);
  assert.is(model.finalNorm?.kind, 'layer');
  assert.is(memory().tensors, before + 2);
  const order = await model.withLayer(1, (layer) => layer.order);
  assert.is(order, 'pre');
  await model.close();
  assert.is(memory().tensors, before);
});

test('no more than one layer is in memory', async () => {
  const model = await open(bert);
  const held: number[] = [];
  const before = memory().tensors;
  for (const i of [0, 1, 0, 1]) await model.withLayer(i, () => held.push(memory().tensors - before));
  assert.equal(held, [16, 16, 16, 16]);
  await model.close();
  assert.is(memory().tensors, before);
});

test('layers that are used side by side stay until the last use ends', async () => {
  const before = memory().tensors;
  const model = await open(bert);
  const [two, one] = await Promise.all([residualCurve(model, ids), residualCurve(model, ids)]);
  assert.equal(two, one);
  let release = (): void => {};
  const waiting = new Promise<void>((done) => {
    release = done;
  });
  const late = model.withLayer(0, async (layer) => {
    await waiting;
    return (await layer.attention.query.weight.data()).length;
  });
  await model.withLayer(1, () => {});
  await model.close();
  release();
  assert.is(await late, 256);
  assert.is(memory().tensors, before);
});

test("ALBERT's layers are one, which is read once", async () => {
  const model = await open(albert);
  assert.is(model.depth, 3);
  const seen = new Set<unknown>();
  for (const i of [0, 1, 2]) await model.withLayer(i, (layer) => seen.add(layer));
  assert.is(seen.size, 1);
  await model.close();
});

test('F16 and BF16 become float32', async () => {
  for (const [dtype, relative] of [
    ['F16', 2 ** -10],
    ['BF16', 2 ** -7],
  ] as const) {
    const [half, whole] = [await open(bert, {}, { dtype }), await open(bert)];
    const values = [half, whole].map((model) =>
      model.withLayer(0, async ({ attention }) => ({
        dtype: attention.query.weight.dtype,
        data: Array.from(await attention.query.weight.data<'float32'>()),
      })),
    );
    const [a, b] = (await Promise.all(values)) as [Awaited<(typeof values)[0]>, Awaited<(typeof values)[0]>];
    assert.is(a.dtype, 'float32');
    assert.ok(a.data.every((value, i) => Math.abs(value - b.data[i]!) <= relative * Math.abs(b.data[i]!) + 1e-7));
    assert.not.equal(a.data, b.data);
    const { points } = await residualCurve(half, ids);
    const reference = await residualCurve(whole, ids);
    for (const [l, { ratio }] of points.entries()) {
      assert.ok(Math.abs(ratio.mean - reference.points[l]!.ratio.mean) < 20 * relative);
    }
    await half.close();
    await whole.close();
  }
});

test('a configuration beside the file is found', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'bare'));
  const path = join(folder, 'model.safetensors');
  const { bytes } = await smallFile(bert.shapes);
  writeFileSync(path, bytes);
  writeFileSync(join(folder, 'bare', 'model.safetensors'), bytes);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(bert.config));
  const model = await openTransformer(path);
  assert.is(model.map.family, 'bert');
  await model.close();
  await assertRejects(
    () => openTransformer(join(folder, 'bare', 'model.safetensors')),
    OptionError,
    /^openTransformer: no config\.json beside the checkpoint: pass \{ config \}, or \{ map \}$/,
  );
  const bare = await openTransformer(join(folder, 'bare', 'model.safetensors'), { heads: 2 });
  assert.is(bare.depth, 2);
  await bare.close();
});

test('a map by hand opens a checkpoint of names that nobody knows', async () => {
  const renamed: Small = {
    shapes: Object.fromEntries(Object.entries(bert.shapes).map(([name, shape]) => [name.replaceAll('.', '/'), shape])),
    config: {},
  };
  const known = await open(bert);
  const map = JSON.parse(JSON.stringify(known.map), (_, value) =>
    typeof value === 'string' && value.startsWith('bert.') ? value.replaceAll('.', '/') : value,
  );
  const model = await open(renamed, { map });
  assert.equal(await residualCurve(model, ids), await residualCurve(known, ids));
  await known.close();
  await model.close();
});

test('heads that do not divide the channels are refused with both numbers', async () => {
  await assertRejects(
    () => open(configured(bert, { num_attention_heads: 3 })),
    FormatError,
    /^transformerMap: 3 heads \(num_attention_heads\) do not divide the 16 channels of the queries$/,
  );
  await assertRejects(
    () => open(configured(llama('llama'), { num_key_value_heads: 3 })),
    FormatError,
    /^transformerMap: 3 heads of keys and values \(num_key_value_heads\) do not divide 4 heads$/,
  );
});

test('what is missing is listed with the shape that it should have', async () => {
  const { 'bert.encoder.layer.1.output.dense.weight': _, ...rest } = bert.shapes;
  const error = await assertRejects(
    () => open({ shapes: { ...rest, 'bert.encoder.layer.1.output.weight': [16, 24] }, config: bert.config }),
    StateDictError,
  );
  assert.match(error.message, 'bert.encoder.layer.1.output.dense.weight [16, 24]');
  assert.match(error.message, 'bert.encoder.layer.1.output.weight [16, 24]');
});

test('weights that lie the wrong way are listed with both shapes', async () => {
  const mlp = await assertRejects(() => open(changed(gpt2, 'h.1.mlp.c_fc.weight', [24, 16])), StateDictError);
  assert.match(mlp.message, 'h.1.mlp.c_fc.weight: expected [16, 16], got [24, 16]');
  const output = await assertRejects(
    () => open(changed(bert, 'bert.encoder.layer.0.output.dense.weight', [24, 16])),
    StateDictError,
  );
  assert.match(output.message, 'bert.encoder.layer.0.output.dense.weight: expected [16, 24], got [24, 16]');
  await assertRejects(
    () => open(changed(gpt2, 'h.0.attn.c_attn.weight', [48, 16])),
    FormatError,
    /^transformerMap: "h\.0\.attn\.c_attn\.weight" must be a matrix of three equal parts, got \[48, 16\]$/,
  );
});

test('query, key and value in one tensor must be three equal parts', async () => {
  await assertRejects(
    () => open(changed(gpt2, 'h.0.attn.c_attn.weight', [16, 47])),
    FormatError,
    /^transformerMap: "h\.0\.attn\.c_attn\.weight" must be a matrix of three equal parts, got \[16, 47\]$/,
  );
});

test('shared heads of keys must have the channels of their number', async () => {
  const error = await assertRejects(
    () => open(changed(llama('llama'), 'model.layers.1.self_attn.k_proj.weight', [32, 16])),
    StateDictError,
  );
  assert.match(error.message, 'model.layers.1.self_attn.k_proj.weight: expected [16, 16], got [32, 16]');
});

test('positions that scores here do not know are refused', async () => {
  const relative: Small = {
    shapes: {
      ...bert.shapes,
      'bert.encoder.layer.0.attention.self.distance_embedding.weight': [23, 8],
      'bert.encoder.layer.1.attention.self.distance_embedding.weight': [23, 8],
    },
    config: { ...bert.config, position_embedding_type: 'relative_key' },
  };
  await assertRejects(
    () => open(relative),
    FormatError,
    /^openTransformer: layer 0 has relative-key positions, which this package does not compute$/,
  );
  await assertRejects(
    () => open(llama('llama', { rope_scaling: { rope_type: 'yarn', factor: 4 } })),
    FormatError,
    /^openTransformer: layer 0 has rotary scaling yarn, which this package does not compute$/,
  );
});

test('a weight that is not finite is refused with its layer and name, each time', async () => {
  const before = memory().tensors;
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const model = await open(
      bert,
      {},
      {
        change: (name, data) => (name === 'bert.encoder.layer.1.output.dense.weight' ? data.fill(bad, 7, 8) : data),
      },
    );
    await model.withLayer(0, () => {});
    for (let time = 0; time < 2; time++) {
      await assertRejects(
        () => model.withLayer(1, () => {}),
        OptionError,
        /^openTransformer: layer 1: mlp\.down\.weight must be finite$/,
      );
    }
    await model.close();
  }
  assert.is(memory().tensors, before);
});

test('weights so large that their sum is none are finite', async () => {
  const model = await open(
    bert,
    {},
    { change: (name, data) => (name.endsWith('query.weight') ? data.fill(3e38) : data) },
  );
  assert.is(await model.withLayer(0, ({ attention }) => attention.heads), 2);
  await model.close();
});

test('token ids out of range, no ids, and more than positions are refused', async () => {
  const before = memory().tensors;
  const model = await open(bert);
  const refused = (input: unknown, message: RegExp): Promise<Error> =>
    assertRejects(async () => await model.embed!(input as never), OptionError, message);
  await refused([1, 13], /^embed: token ids must be in \[0, 13\), got 13$/);
  await refused([1.5], /^embed: token ids must be in \[0, 13\), got 1\.5$/);
  await refused([-1], /got -1$/);
  await refused([], /^embed: expected lists of one token id or more, got /);
  await refused([[1], []], /^embed: expected lists of one token id or more, got /);
  await refused([[1], 2], /^embed: expected lists of one token id or more, got 2$/);
  await refused(null, /^embed: expected lists of one token id or more, got null$/);
  await refused(new Array(13).fill(1), /^embed: the model has 12 positions, got 13 tokens$/);
  await model.close();
  const roberta = await open(configured(bert, { model_type: 'roberta' }));
  await assertRejects(
    async () => await roberta.embed!(new Array(11).fill(1)),
    OptionError,
    /^embed: the model has 10 positions, got 11 tokens$/,
  );
  await roberta.close();
  assert.is(memory().tensors, before);
});

test('images that tiles do not cover, of other colours, or of another size than positions are refused', async () => {
  const before = memory().tensors;
  const model = await open(vit);
  const refused = (shape: readonly number[], kind: typeof OptionError | typeof ShapeError, message: RegExp) =>
    assertRejects(() => scope(async () => await model.embed!(zeros(shape))), kind, message);
  await refused([5, 6, 3], OptionError, /^embed: tiles of 2 x 2 do not cover images of 5 x 6$/);
  await refused([4, 6, 1], ShapeError, /^embed: images must be \[batch, height, width, 3\], got \[1, 4, 6, 1\]$/);
  await refused([4, 4, 3], OptionError, /^embed: the model has 7 positions, got 5, of which 4 are tiles of the image$/);
  await assertRejects(
    async () => await model.embed!([1, 2]),
    OptionError,
    /^embed: expected images \[batch, height, width, colours\], got /,
  );
  await model.close();
  assert.is(memory().tensors, before);
});

test('several images and texts embed as each alone', async () => {
  const model = await open(deit);
  await scope(async () => {
    const { states } = await model.embed!(zeros([2, 4, 6, 3]));
    assert.equal(states.shape, [2, 8, 16]);
  });
  await model.close();
  const text = await open(t5(false));
  await scope(async () => {
    const { states, keyMask } = await text.embed!([[1, 2, 3], [4]]);
    assert.equal(states.shape, [2, 3, 16]);
    assert.equal(Array.from(await keyMask!.data()), [1, 1, 1, 1, 0, 0]);
    const alone = await text.embed!([4]);
    assert.is(alone.keyMask, undefined);
    const [both, one] = [await states.data(), await alone.states.data()];
    assert.equal(Array.from(both).slice(48, 64), Array.from(one));
  });
  await text.close();
});

test('a layer that there is not is refused, and unknown options are', async () => {
  const model = await open(bert);
  await assertRejects(
    () => model.withLayer(2, runLayer as never),
    OptionError,
    /^withLayer: there is no layer 2 of 2$/,
  );
  await model.close();
  await assertRejects(() => open(bert, { size: 1 } as never), OptionError, /^openTransformer: no option 'size'/);
  await assertRejects(
    () => open(bert, { dtype: 'int32' } as never),
    OptionError,
    /^openTransformer: dtype must be one of float32, float64/,
  );
});

test.run();
