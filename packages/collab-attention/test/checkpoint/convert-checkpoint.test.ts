/** Conversion of checkpoints: what is written, what it is told, how it ends early. */
import {
  decodeSafetensors,
  FormatError,
  init,
  memory,
  OptionError,
  openSafetensors,
  type StoredArray,
} from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConvertedLayerReport } from '../../src/checkpoint/conversion-report.js';
import { convertCheckpoint, convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import type { ConversionProgress } from '../../src/checkpoint/convert-options.js';
import { readLinear } from '../../src/checkpoint/layer-weights.js';
import { sharedLayers } from '../../src/checkpoint/shared-block.js';
import { verifyCheckpoint } from '../../src/checkpoint/verify-checkpoint.js';
import { UnsupportedError } from '../../src/unsupported-error.js';
import { bert, checkpoint, encoded, gpt2, t5, timm, whisper } from './synthetic.js';

onTestDevice(test, init);

const path = 'bert.encoder.layer.0.attention.self';

async function tensorsOf(blob: Blob): Promise<ReadonlyMap<string, StoredArray>> {
  return decodeSafetensors(new Uint8Array(await blob.arrayBuffer())).tensors;
}

const converted = (report: { readonly layers: readonly object[] }, i = 0): ConvertedLayerReport =>
  report.layers[i] as ConvertedLayerReport;

test('queries and keys give way to shared ones under the same path, and the configuration tells', async () => {
  const { shapes, config } = bert();
  const source = await encoded({ shapes });
  const { blob, report, config: updated } = await convertToBlob(source, { sharedDim: 3, config });
  const tensors = await tensorsOf(blob);
  const own = [...tensors.keys()].filter((name) => name.startsWith(path)).map((name) => name.slice(path.length + 1));
  assert.equal(own, ['content_bias.weight', 'key.weight', 'mixing', 'query.weight', 'value.bias', 'value.weight']);
  assert.equal(
    ['query.weight', 'key.weight', 'mixing', 'content_bias.weight'].map(
      (name) => tensors.get(`${path}.${name}`)!.shape,
    ),
    [
      [3, 8],
      [3, 8],
      [2, 3],
      [2, 8],
    ],
  );
  const { metadata } = await openSafetensors(blob);
  assert.is(metadata.format, 'pt');
  const block = JSON.parse(metadata.collab_attention!) as Record<string, unknown>;
  assert.equal({ ...updated, collab_attention: undefined }, { ...config, collab_attention: undefined });
  assert.equal(updated?.collab_attention, block);
  assert.equal([block.version, block.method, block.shared_dim, block.scale], [1, 'cp-als', 3, 0.5]);
  const { error, scale, rank, dims, heads } = converted(report);
  assert.equal([scale, rank, dims, heads], [0.5, 3, 4, 2]);
  assertClose(sharedLayers(metadata)!.layers[0]!.error, error, { rtol: 1e-3 });
  assert.equal(report, JSON.parse(JSON.stringify(report)));
});

test('the content bias is that of the original weights, and the bias of keys is gone', async () => {
  const { shapes, config } = bert(1);
  const file = await checkpoint({ shapes });
  const { blob } = await convertToBlob(file, { sharedDim: 2, config });
  const [query, key] = [
    await readLinear('test', file, { name: `${path}.query.weight`, layout: 'out-in', bias: `${path}.query.bias` }),
    await readLinear('test', file, { name: `${path}.key.weight`, layout: 'out-in' }),
  ];
  const expected = Array.from({ length: 16 }, (_, i) => {
    const [head, column] = [Math.floor(i / 8), i % 8];
    return [0, 1, 2, 3].reduce(
      (sum, j) => sum + query.bias![head * 4 + j]! * key.weight.data[(head * 4 + j) * 8 + column]!,
      0,
    );
  });
  const tensors = await tensorsOf(blob);
  assertClose(Array.from(tensors.get(`${path}.content_bias.weight`)!.data, Number), expected, { rtol: 1e-6 });
  assert.not(tensors.has(`${path}.key.bias`));
});

test('without a bias of queries there is no content bias', async () => {
  const { shapes, config } = t5();
  const { blob, report } = await convertToBlob(await encoded({ shapes }), { sharedDim: 4, config });
  const tensors = await tensorsOf(blob);
  assert.equal(
    [...tensors.keys()].filter((name) => name.includes('content_bias')),
    [],
  );
  assert.equal(
    report.layers.map(({ layer }) => layer),
    [
      'encoder.block.0.layer.0.SelfAttention',
      'decoder.block.0.layer.0.SelfAttention',
      'decoder.block.0.layer.1.EncDecAttention',
    ],
  );
  assert.equal(new Set(report.layers.map((_, i) => converted(report, i).scale)), new Set([1]));
});

test('from a rank of heads x dims on it is an exact copy, padded with zeros', async () => {
  const { shapes, config } = bert(1);
  const source = await encoded({ shapes });
  for (const sharedDim of [8, 11]) {
    const { blob, report } = await convertToBlob(source, { sharedDim, config, allowGrowth: true });
    const { error, notes, bytes } = converted(report);
    assert.is(error, 0);
    assert.match(
      notes.join(),
      sharedDim === 8 ? /^an exact copy$/ : /an exact copy, padded with 3 dimensions of zeros/,
    );
    assert.ok(bytes.after > bytes.before);
    assert.match(report.warnings.join('\n'), /queries and keys of 1 layer take more bytes than before/);
    const now = (await tensorsOf(blob)).get(`${path}.query.weight`)!;
    const old = decodeSafetensors(source).tensors.get(`${path}.query.weight`)!;
    assert.equal([...now.data.slice(0, 64)], [...old.data]);
    assert.ok(now.data.slice(64).every((value) => Number(value) === 0));
    const { agrees, layers } = await verifyCheckpoint(source, blob, { config });
    assert.ok(agrees);
    assert.ok(layers[0]!.context.largest < 1e-6 && layers[0]!.probabilities.largest < 1e-6);
  }
});

test('a layer that would grow stays as it is, with the reason', async () => {
  const { shapes, config } = bert(1);
  const source = await encoded({ shapes });
  const { blob, report, config: updated } = await convertToBlob(source, { sharedDim: 8, config });
  assert.equal(
    report.layers.map(({ status }) => status),
    ['unchanged'],
  );
  assert.match(
    (report.layers[0] as { readonly reason: string }).reason,
    /^sharing 8 of 8 dimensions takes 640 bytes, the layer as it is 576$/,
  );
  assert.equal(await tensorsOf(blob), decodeSafetensors(source).tensors);
  assert.equal(updated, config);
  assert.is((await openSafetensors(blob)).metadata.collab_attention, undefined);
});

test('half precision stays, rounded once, and the error told is that of what is stored', async () => {
  const { shapes, config } = bert(1, 'bert.', 32, 4);
  for (const dtype of ['F16', 'BF16', 'F64'] as const) {
    const source = await encoded({ shapes }, () => dtype);
    const { blob, report } = await convertToBlob(source, { sharedDim: 0.5, config });
    const tensors = await tensorsOf(blob);
    assert.equal(new Set([...tensors.values()].map((array) => array.dtype)), new Set([dtype]));
    const { agrees, layers } = await verifyCheckpoint(source, blob, { config });
    assert.ok(agrees);
    assertClose(layers[0]!.error, converted(report).error, { rtol: 1e-9 });
    const wide = await convertToBlob(source, { sharedDim: 0.25, config, dtype: 'F32' });
    const now = await tensorsOf(wide.blob);
    assert.is(now.get(`${path}.mixing`)!.dtype, 'F32');
    assert.is(now.get(`${path}.value.weight`)!.dtype, dtype);
    const exact = await convertToBlob(source, { sharedDim: 32, config, allowGrowth: true });
    assert.is(converted(exact.report).error, 0);
  }
});

test('values beyond half precision are refused, with the way out', async () => {
  const { shapes, config } = bert(1);
  const file = await checkpoint({ shapes }, () => 'F16');
  const huge = new Uint16Array(64).fill(0x7b00); // 57344
  const large = {
    ...file,
    readStored: async (name: string) => ({ ...(await file.readStored(name)), data: huge }),
    read: async (name: string, options: object) => (await file.read(name, options)).mul(1e6),
  };
  await assertRejects(
    () => convertToBlob(large, { sharedDim: 2, config }),
    FormatError,
    /beyond the largest F16: pass dtype 'F32'/,
  );
});

test('fused tensors leave their values, bit for bit, as [out, in]', async () => {
  const fused = [
    [gpt2(), 'h.0.attn', 'c_attn', true],
    [timm(), 'blocks.0.attn', 'qkv', false],
  ] as const;
  for (const [{ shapes, config }, layer, name, turned] of fused) {
    for (const dtype of ['F32', 'BF16'] as const) {
      const source = await encoded({ shapes }, () => dtype);
      const { blob } = await convertToBlob(source, { sharedDim: 2, config });
      const [old, now] = [decodeSafetensors(source).tensors, await tensorsOf(blob)];
      assert.not(now.has(`${layer}.${name}.weight`));
      const whole = old.get(`${layer}.${name}.weight`)!.data;
      const expected = Array.from({ length: 64 }, (_, i) =>
        turned ? whole[(i % 8) * 24 + 16 + Math.floor(i / 8)] : whole[128 + i],
      );
      const value = now.get(`${layer}.value.weight`)!;
      assert.equal([value.dtype, value.shape, [...value.data]], [dtype, [8, 8], expected]);
      const bias = old.get(`${layer}.${name}.bias`)!.data;
      assert.equal([...now.get(`${layer}.value.bias`)!.data], [...bias.slice(16)]);
    }
  }
  const none = timm({}, false);
  const { blob } = await convertToBlob(await encoded(none), { sharedDim: 2, config: none.config });
  const tensors = await tensorsOf(blob);
  assert.not(tensors.has('blocks.0.attn.value.bias'));
  assert.not(tensors.has('blocks.0.attn.content_bias.weight'));
});

test('the released form folds the divisor in, and has the names of the released classes', async () => {
  const { shapes, config } = bert(1);
  const source = await encoded({ shapes });
  const plain = await tensorsOf((await convertToBlob(source, { sharedDim: 3, config })).blob);
  const { blob, report } = await convertToBlob(source, { sharedDim: 3, config, form: 'released' });
  const released = await tensorsOf(blob);
  // The class divides by sqrt(R / heads), the original by sqrt(dims).
  const factor = Math.sqrt(3 / 2) / 2;
  for (const name of ['mixing', 'content_bias.weight']) {
    const [a, b] = [plain, released].map((tensors) => Array.from(tensors.get(`${path}.${name}`)!.data, Number));
    assertClose(
      b!,
      a!.map((value) => value * factor),
      { rtol: 1e-6 },
    );
  }
  assertClose(converted(report).scale, 1 / Math.sqrt(3 / 2));
  const { agrees, layers } = await verifyCheckpoint(source, blob, { config });
  assert.ok(agrees);
  assertClose(layers[0]!.error, converted(report).error, { rtol: 1e-6 });
  const vit = timm();
  const fork = await convertToBlob(await encoded(vit), { sharedDim: 3, config: vit.config, form: 'released' });
  assert.equal(
    [...(await tensorsOf(fork.blob)).keys()].map((name) => name.replace('blocks.0.attn.', '')),
    ['content_bias.weight', 'k.weight', 'mixing.weight', 'proj.bias', 'proj.weight', 'q.weight', 'v.bias', 'v.weight'],
  );
  assert.is(converted(fork.report).scale, 0.5);
});

test('GPT-2 divides by the number of the layer where it says so', async () => {
  const { shapes, config } = gpt2({ scale_attn_by_inverse_layer_idx: true });
  const { report } = await convertToBlob(await encoded({ shapes }), { sharedDim: 2, config });
  assert.equal(
    report.layers.map((_, i) => converted(report, i).scale),
    [0.5, 0.25],
  );
});

test('an error is kept by every layer, with fewer dimensions where fewer do', async () => {
  const { shapes, config } = bert(2, 'bert.', 16, 4);
  const source = await encoded({ shapes });
  const ranks: number[] = [];
  for (const maxError of [0.2, 0.5]) {
    const { report } = await convertToBlob(source, { maxError, config });
    for (const layer of report.layers as ConvertedLayerReport[]) {
      assert.ok(layer.error <= maxError);
      ranks.push(layer.rank);
    }
  }
  assert.ok(Math.min(ranks[0]!, ranks[1]!) > Math.max(ranks[2]!, ranks[3]!));
  const { report } = await convertToBlob(source, { maxError: 0, config });
  assert.equal(new Set(report.layers.map(({ status }) => status)), new Set(['unchanged']));
});

test('the report counts bytes, values and operations, and says where it does not pay', async () => {
  const { shapes, config } = bert(1, 'bert.', 64, 4);
  const source = await encoded({ shapes });
  const { report, blob } = await convertToBlob(source, { sharedDim: 24, config, length: 100 });
  const { bytes, parameters, operations } = converted(report);
  assert.equal(parameters, { before: 2 * 64 * 64 + 128, after: 24 * 132 + 256 });
  assert.equal(bytes, { before: 4 * parameters.before, after: 4 * parameters.after });
  // (2 D (N - R) - H R - H D) / (H (R - d))
  assert.is(operations.breakEven, Math.round((2 * 64 * 40 - 4 * 24 - 4 * 64) / (4 * 8)));
  assert.ok(operations.after < operations.before);
  assert.match(report.warnings.join('\n'), /self-attention over more than 149 tokens takes more multiply-adds/);
  const long = await convertToBlob(source, { sharedDim: 24, config, length: 1000 });
  const { before, after } = long.report.total.operations;
  assert.ok(after > before);
  const { total } = report;
  assert.is(total.fileBytes, blob.size);
  const saved = bytes.before - bytes.after;
  assert.is(total.bytes.before - total.bytes.after, saved);
  assert.is(
    total.bytes.after,
    [...(await tensorsOf(blob)).values()].reduce((sum, { data }) => sum + data.byteLength, 0),
  );
});

test('a seed decides, and the same one gives the same file', async () => {
  const { shapes, config } = bert(1, 'bert.', 32, 4);
  const source = await encoded({ shapes });
  const bytes = async (seed: number): Promise<Uint8Array> => {
    const { blob } = await convertToBlob(source, { sharedDim: 20, config, init: 'normal', seed });
    return new Uint8Array(await blob.arrayBuffer());
  };
  assert.equal(await bytes(1), await bytes(1));
  assert.not.equal(await bytes(1), await bytes(2));
});

test('progress tells each layer and each tensor; a signal ends it, and nothing is left', async () => {
  const { shapes, config } = bert(2, 'bert.', 32, 4);
  const source = await encoded({ shapes });
  const before = memory().tensors;
  const seen: ConversionProgress[] = [];
  await convertToBlob(source, { sharedDim: 9, config, onProgress: (progress) => seen.push(progress) });
  const stages = seen.map((progress) => (progress.stage === 'write' ? 'write' : `${progress.stage} ${progress.index}`));
  assert.equal([...new Set(stages)], ['survey 0', 'survey 1', 'decompose 0', 'decompose 1', 'write']);
  const last = seen.at(-1)!;
  assert.ok(last.stage === 'write' && last.bytes === last.totalBytes);
  for (const stage of ['survey', 'decompose', 'write'] as const) {
    const controller = new AbortController();
    const reason = new Error(`enough of ${stage}`);
    const onProgress = (progress: ConversionProgress): void => {
      if (progress.stage === stage) controller.abort(reason);
    };
    const run = convertToBlob(source, { sharedDim: 9, config, signal: controller.signal, onProgress });
    await assertRejects(() => run, Error, new RegExp(`enough of ${stage}`));
  }
  assert.is(memory().tensors, before);
});

test('options that do not fit are refused before anything is read', async () => {
  const { shapes, config } = bert(1);
  const source = await encoded({ shapes });
  const refuse = (options: object, message: RegExp): Promise<Error> =>
    assertRejects(() => convertToBlob(source, { config, ...options } as never), OptionError, message);
  await refuse({}, /takes one of sharedDim, maxError and targetBytes, got none/);
  await refuse({ sharedDim: 3, maxError: 0.1 }, /got sharedDim and maxError/);
  for (const sharedDim of [0, -1, 1.5, Number.NaN, '3'])
    await refuse({ sharedDim }, /sharedDim must be a whole number from 1, or a share/);
  await refuse({ maxError: -1 }, /maxError must be a number from 0/);
  await refuse({ targetBytes: 0.5 }, /targetBytes must be a whole number/);
  await refuse({ sharedDim: 3, nonsense: 1 }, /no option 'nonsense'/);
  await refuse({ sharedDim: 3, onUnsupported: 'maybe' }, /onUnsupported must be one of refuse, skip/);
  await refuse({ sharedDim: 3, dtype: 'F16' }, /dtype must be one of input, F32/);
  await refuse({ sharedDim: 3, form: 'x' }, /form must be one of plain, released/);
  await refuse({ sharedDim: 3, heads: 0 }, /heads must be a whole number from 1/);
  await refuse({ sharedDim: 3, adapters: [{}] }, /adapters must be a list of/);
  await refuse({ sharedDim: 3, family: 'lstm' }, /family must be one of bert, .*, got "lstm"/);
  await refuse({ sharedDim: 3, config: [] }, /config must be an object or a file/);
  await refuse({ sharedDim: 3, config: {} }, /nothing says how many heads the layers of bert have: pass heads/);
  await refuse({ targetBytes: 100 }, /targetBytes must be at least \d+, which one dimension a layer takes, got 100/);
  await assertRejects(
    () => convertCheckpoint(source, 7 as never, { sharedDim: 3, config }),
    OptionError,
    /goes to a path or to a function/,
  );
  await assertRejects(
    () => convertCheckpoint(source, 'x.index.json', { sharedDim: 3, config }),
    OptionError,
    /the source is one file/,
  );
});

test('a checkpoint is converted once', async () => {
  const { shapes, config } = bert(1);
  const { blob } = await convertToBlob(await encoded({ shapes }), { sharedDim: 3, config });
  await assertRejects(() => convertToBlob(blob, { sharedDim: 2, config }), FormatError, /is converted already/);
});

test('values that are not finite are told with their place before any work', async () => {
  const { shapes, config } = whisper();
  const source = await encoded({ shapes });
  const { tensors } = decodeSafetensors(source);
  const at = 'model.decoder.layers.0.encoder_attn.k_proj.weight';
  (tensors.get(at)!.data as Float32Array)[19] = Number.NaN;
  const seen: string[] = [];
  const onProgress = ({ stage }: ConversionProgress): void => void seen.push(stage);
  const run = convertToBlob(source, { sharedDim: 3, config, onProgress });
  await assertRejects(
    () => run,
    FormatError,
    /"model\.decoder\.layers\.0\.encoder_a.*" must be finite, got NaN at \[2, 3\]/,
  );
  assert.equal(new Set(seen), new Set(['survey']));
  const turned = gpt2();
  const bytes = await encoded(turned);
  (decodeSafetensors(bytes).tensors.get('h.1.attn.c_attn.weight')!.data as Float32Array)[24 * 3 + 9] =
    Number.POSITIVE_INFINITY;
  await assertRejects(
    () => convertToBlob(bytes, { sharedDim: 3, config: turned.config }),
    FormatError,
    /"h\.1\.attn\.c_attn\.weight" must be finite, got Infinity at \[3, 9\]/,
  );
});

test('weights of zero have no error', async () => {
  const { shapes, config } = bert(1);
  const file = await checkpoint({ shapes });
  const zero = { ...file, read: async (name: string, options: object) => (await file.read(name, options)).mul(0) };
  const { report } = await convertToBlob(zero, { sharedDim: 3, config });
  assert.is(converted(report).error, 0);
  assert.match(converted(report).notes.join(), /no dimension is left for heads 0, 1/);
});

test('what has no shared form is refused with the layer and the reason, or left as it is beside the others', async () => {
  const { shapes, config } = bert(2);
  const source = await encoded({ shapes }, (name) =>
    name.includes('layer.1.attention.self.key.weight') ? 'I8' : undefined,
  );
  await assertRejects(
    () => convertToBlob(source, { sharedDim: 3, config }),
    UnsupportedError,
    /"bert\.encoder\.layer\.1\.attention\.self" has no shared form: its weights are quantised/,
  );
  const { report, blob } = await convertToBlob(source, { sharedDim: 3, config, onUnsupported: 'skip' });
  assert.equal(
    report.layers.map(({ status }) => status),
    ['converted', 'unsupported'],
  );
  assert.is((await tensorsOf(blob)).get('bert.encoder.layer.1.attention.self.key.weight')!.dtype, 'I8');
  assert.ok((await verifyCheckpoint(source, blob, { config })).agrees);
});

test.run();
