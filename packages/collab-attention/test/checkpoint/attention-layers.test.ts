/** Which attention layers the adapters find, and which they refuse. */
import { FormatError, OptionError } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionLayers, type FoundLayer, type SharableLayer } from '../../src/checkpoint/attention-layers.js';
import type { CheckpointAdapter } from '../../src/checkpoint/checkpoint-adapter.js';
import { convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import { namedAdapter } from '../../src/checkpoint/named-adapter.js';
import { UnsupportedError } from '../../src/unsupported-error.js';
import { bert, checkpoint, clip, encoded, gpt2, llama, type Synthetic, t5, timm, whisper } from './synthetic.js';

interface Look {
  readonly heads?: number;
  readonly family?: string;
  readonly adapters?: readonly CheckpointAdapter[];
}

async function layersOf({ shapes, config }: Synthetic, { adapters, ...look }: Look = {}): Promise<FoundLayer[]> {
  const { names, info } = await checkpoint({ shapes });
  return attentionLayers({ op: 'test', names, info, config, ...look }, adapters);
}

const short = (layers: readonly FoundLayer[]): unknown[] =>
  (layers as SharableLayer[]).map(({ path, family, heads, keyHeads, dims, scale, attends }) => [
    ...[path, family, `${heads}/${keyHeads} x ${dims}`, scale, attends],
  ]);

async function reasons(synthetic: Synthetic, look: Look = {}): Promise<(string | undefined)[]> {
  return (await layersOf(synthetic, look)).map(({ unsupported }) => unsupported);
}

test('Whisper: both stacks, and cross attention, with the heads of each', async () => {
  assert.equal(short(await layersOf(whisper())), [
    ['model.encoder.layers.0.self_attn', 'whisper', '2/2 x 4', 0.5, 'all'],
    ['model.decoder.layers.0.self_attn', 'whisper', '4/4 x 2', 1 / Math.sqrt(2), 'causal'],
    ['model.decoder.layers.0.encoder_attn', 'whisper', '4/4 x 2', 1 / Math.sqrt(2), 'cross'],
  ]);
  const [{ key, query }] = (await layersOf(whisper())) as [SharableLayer];
  assert.is(key.bias, undefined);
  assert.is(query.bias, 'model.encoder.layers.0.self_attn.q_proj.bias');
});

test('T5: encoder, decoder and cross attention, not divided', async () => {
  assert.equal(short(await layersOf(t5())), [
    ['encoder.block.0.layer.0.SelfAttention', 't5', '2/2 x 4', 1, 'all'],
    ['decoder.block.0.layer.0.SelfAttention', 't5', '2/2 x 4', 1, 'causal'],
    ['decoder.block.0.layer.1.EncDecAttention', 't5', '2/2 x 4', 1, 'cross'],
  ]);
});

test('CLIP: both towers', async () => {
  assert.equal(short(await layersOf(clip())), [
    ['text_model.encoder.layers.0.self_attn', 'clip', '2/2 x 4', 0.5, 'causal'],
    ['vision_model.encoder.layers.0.self_attn', 'clip', '4/4 x 2', 1 / Math.sqrt(2), 'all'],
  ]);
});

test('GPT-2 and timm: parts of one tensor', async () => {
  const [first, second] = (await layersOf(gpt2())) as [SharableLayer, SharableLayer];
  assert.equal(
    [first.query.part, first.key.part, first.attends],
    [{ index: 0, count: 3 }, { index: 1, count: 3 }, 'causal'],
  );
  assert.equal([second.path, second.bytes, second.parameters], ['h.1.attn', 4 * (128 + 16), 144]);
  assert.equal(short(await layersOf(timm())), [['blocks.0.attn', 'timm-vit', '2/2 x 4', 0.5, 'all']]);
});

test('layers are in the order of their numbers', async () => {
  const paths = (await layersOf(bert(12))).map(({ path }) => path);
  assert.equal(
    paths,
    Array.from({ length: 12 }, (_, i) => `bert.encoder.layer.${i}.attention.self`),
  );
  const named = Object.fromEntries(
    [0, 1, 2, 10].flatMap((i) =>
      ['q_proj', 'k_proj', 'v_proj', 'out_proj'].map((name) => [
        `decoder.layers.${i}.self_attn.${name}.weight`,
        [8, 8],
      ]),
    ),
  );
  const opt = await layersOf({ shapes: named, config: { model_type: 'opt', num_attention_heads: 2 } });
  assert.equal(
    opt.map(({ path }) => path.match(/\d+/)?.[0]),
    ['0', '1', '2', '10'],
  );
});

test('heads that the caller names go before those of the configuration', async () => {
  assert.is(((await layersOf(bert(1), { heads: 4 })) as SharableLayer[])[0]!.dims, 2);
  assert.is(((await layersOf({ ...bert(1), config: {} }, { heads: 8 })) as SharableLayer[])[0]!.dims, 1);
  assert.equal(
    ((await layersOf(whisper(), { heads: 1 })) as SharableLayer[]).map(({ dims }) => dims),
    [8, 8, 8],
  );
  await assertRejects(
    () => layersOf({ ...whisper(), config: { encoder_attention_heads: 'two' } }),
    FormatError,
    /must be a whole number from 1, got "two"/,
  );
});

test('what no weights can say is refused, each with its reason', async () => {
  const rotary = /rotary positions \(RoPE\)/;
  assert.match((await reasons(llama()))[0]!, rotary);
  assert.match((await reasons({ ...llama(), config: { model_type: 'gemma2' } }))[0]!, rotary);
  const norms = { 'blocks.0.attn.q_norm.weight': [4], 'blocks.0.attn.k_norm.weight': [4] };
  assert.match((await reasons(timm(norms)))[0]!, /QK-norm/);
  const { shapes, config } = bert(2);
  const tables = Object.fromEntries(
    [0, 1].map((i) => [`bert.encoder.layer.${i}.attention.self.distance_embedding.weight`, [19, 4]]),
  );
  for (const kind of ['relative_key', 'relative_key_query']) {
    const relative = await reasons({
      shapes: { ...shapes, ...tables },
      config: { ...config, position_embedding_type: kind },
    });
    assert.equal(relative, new Array(2).fill(`relative positions (${kind}) need the queries of each head`));
  }
  assert.match((await reasons(bert(1), { heads: 3 }))[0]!, /3 heads .*do not divide/);
  assert.match((await reasons(whisper(), { heads: 3 }))[0]!, /3 heads do not divide 8 key dimensions/);
  assert.match(
    (await reasons({ ...bert(1), config: { model_type: 'nomic_bert', num_attention_heads: 2 } }))[0]!,
    /"nomic_bert", which may compute otherwise/,
  );
  assert.match(
    (await reasons({ ...whisper(), config: { model_type: 'moonshine', num_attention_heads: 2 } }))[0]!,
    /"moonshine", which may compute otherwise/,
  );
  const lora = { ...bert(1).shapes, 'bert.encoder.layer.0.attention.self.query.lora_A.weight': [2, 8] };
  assert.match((await reasons({ ...bert(1), shapes: lora }))[0]!, /lora_A/);
  const strange = { ...whisper().shapes, 'model.encoder.layers.0.self_attn.rotary.weight': [2, 8] };
  assert.match((await reasons({ ...whisper(), shapes: strange }))[0]!, /a tensor that is not known/);
});

test('a family that the caller names is taken for granted', async () => {
  const named = { ...bert(1), config: { model_type: 'my_bert', num_attention_heads: 2 } };
  assert.equal(await reasons(named, { family: 'bert' }), [undefined]);
  assert.equal(await reasons({ ...t5(), config: { model_type: 'x', num_heads: 2 } }, { family: 't5' }), [
    undefined,
    undefined,
    undefined,
  ]);
  await assertRejects(
    () => layersOf(bert(1), { family: 'gpt2' }),
    UnsupportedError,
    /no adapter knows these tensors: bert\.embeddings/,
  );
});

test('quantised weights are told by their type and by their names', async () => {
  const { names, info } = await checkpoint(gpt2(), (name) => (name.includes('h.1.attn.c_attn') ? 'I8' : undefined));
  const found = attentionLayers({ op: 'test', names, info, config: gpt2().config });
  assert.is(found[0]!.unsupported, undefined);
  assert.match(found[1]!.unsupported!, /quantised \("h\.1\.attn\.c_attn\.weight" is I8\)/);
  const packed = { 'model.layers.0.self_attn.q_proj.qweight': [8, 8] };
  await assertRejects(
    () => layersOf({ shapes: packed, config: {} }),
    UnsupportedError,
    /the weights are quantised \(there is "model\.layers\.0/,
  );
});

test('adapters of a caller are asked first', async () => {
  const shapes = {
    'blocks.0.mix.wq.weight': [6, 8],
    'blocks.0.mix.wk.weight': [6, 8],
    'blocks.0.mix.wv.weight': [8, 8],
    'blocks.0.mix.wo.weight': [8, 8],
  };
  const own = namedAdapter({
    ...{ family: 'mine', models: /^mine$/, path: /^blocks\.\d+\.mix$/, attends: 'causal' },
    ...{ query: 'wq', key: 'wk', value: 'wv', output: 'wo', heads: ['my_heads'] },
  });
  const mine = { shapes, config: { model_type: 'mine', my_heads: 3 } };
  assert.equal(short(await layersOf(mine, { adapters: [own] })), [
    ['blocks.0.mix', 'mine', '3/3 x 2', 1 / Math.sqrt(2), 'causal'],
  ]);
  const { report } = await convertToBlob(await encoded(mine), { sharedDim: 2, config: mine.config, adapters: [own] });
  assert.is(report.layers[0]!.status, 'converted');
  const claims = (layer: object): CheckpointAdapter => ({
    family: 'claims',
    matches: () => true,
    layers: () => [
      {
        path: 'x',
        heads: 2,
        scale: 1,
        query: { name: 'a', layout: 'out-in' },
        key: { name: 'b', layout: 'out-in' },
        ...layer,
      },
    ],
  });
  const view = {
    op: 'test',
    names: ['a', 'b'],
    config: {},
    info: () => ({ dtype: 'F32', shape: [6, 8], offsets: [0, 192] }) as const,
  };
  const refuse = (layer: object, message: RegExp): void => {
    assertThrows(() => attentionLayers(view, [claims(layer)]), FormatError, message);
  };
  refuse({ query: { name: 'none', layout: 'out-in' } }, /has no tensor "none"/);
  refuse({ heads: 0 }, /"x" has 0 heads/);
  refuse({ scale: 0 }, /the scale 0/);
  refuse({ query: { name: 'a', layout: 'out-in', part: { index: 0, count: 4 } } }, /a matrix of 4 equal parts/);
  const part = (index: number): object => ({ name: 'a', layout: 'out-in', part: { index, count: 3 } });
  refuse({ query: part(0), key: part(1) }, /must tell what all 3 parts of "a" of "x" are/);
  refuse({ query: { name: 'a', layout: 'out-in', bias: 'b' } }, /"b" must be \[6\], as its weight, got \[6, 8\]/);
  assert.match(
    attentionLayers(view, [claims({ keyHeads: 1 })])[0]!.unsupported!,
    /keys have 6 dimensions, expected 1 heads of 3/,
  );
});

test('layers with the same weights are one', () => {
  const view = {
    op: 'test',
    names: ['a', 'b'],
    config: {},
    info: () => ({ dtype: 'F32', shape: [6, 8], offsets: [0, 192] }) as const,
  };
  const layer = (path: string) =>
    ({
      path,
      heads: 2,
      scale: 1,
      query: { name: 'a', layout: 'out-in' },
      key: { name: 'b', layout: 'out-in' },
    }) as const;
  const tied: CheckpointAdapter = { family: 'tied', matches: () => true, layers: () => [layer('x'), layer('y')] };
  assert.equal(
    attentionLayers(view, [tied]).map(({ path }) => path),
    ['x'],
  );
});

test('there is an error for an unknown family', async () => {
  await assertRejects(
    () => layersOf(bert(1), { family: 'rnn' }),
    OptionError,
    /family must be one of .*whisper.*, got "rnn"/,
  );
});

test.run();
