/** Maps of all known families, from tiny checkpoints with their names. */
import { memory } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  attentionMap,
  checkTransformerMap,
  type TransformerMap,
  transformerMap,
  transformerStacks,
} from '../../src/index.js';
import {
  albert,
  bert,
  checkpoint,
  clip,
  deit5,
  distilbert,
  electra,
  gpt2,
  llama,
  renamed,
  type Synthetic,
  t5,
  timm,
  vit,
  without,
} from './synthetic.js';

async function mapOf({ shapes, config }: Synthetic, options = {}): Promise<TransformerMap> {
  const file = await checkpoint(shapes);
  const map = transformerMap(file, config, options);
  assert.equal(
    attentionMap(file, config, options).layers,
    map.layers.map(({ attention }) => attention),
  );
  checkTransformerMap(file, JSON.parse(JSON.stringify(map)) as TransformerMap);
  return map;
}

const weight = (name: string, more = {}): object => ({
  name: `${name}.weight`,
  layout: 'out-in',
  ...more,
  bias: `${name}.bias`,
});
const norm = (name: string, epsilon: number, kind = 'layer'): object =>
  kind === 'rms'
    ? { weight: `${name}.weight`, kind, epsilon }
    : { weight: `${name}.weight`, bias: `${name}.bias`, kind, epsilon };

test('BERT, with and without a prefix and as a bare stack', async () => {
  for (const prefix of ['bert.', '']) {
    const map = await mapOf(bert(prefix));
    const layer = `${prefix}encoder.layer.1.`;
    assert.equal(
      { ...map, layers: map.layers.length },
      {
        family: 'bert',
        prefix,
        width: 8,
        layers: 2,
        embeddings: {
          token: `${prefix}embeddings.word_embeddings.weight`,
          position: `${prefix}embeddings.position_embeddings.weight`,
          type: `${prefix}embeddings.token_type_embeddings.weight`,
          norm: norm(`${prefix}embeddings.LayerNorm`, 1e-12),
        },
      },
    );
    assert.equal(map.layers[1], {
      order: 'post',
      attention: {
        path: `${layer}attention.self`,
        query: weight(`${layer}attention.self.query`),
        key: weight(`${layer}attention.self.key`),
        value: weight(`${layer}attention.self.value`),
        output: weight(`${layer}attention.output.dense`),
        heads: 2,
        keyValueHeads: 2,
        headWidth: 4,
        scale: 0.5,
        causal: false,
        positions: 'none',
      },
      mlp: { up: weight(`${layer}intermediate.dense`), down: weight(`${layer}output.dense`), activation: 'gelu' },
      norms: {
        attention: norm(`${layer}attention.output.LayerNorm`, 1e-12),
        mlp: norm(`${layer}output.LayerNorm`, 1e-12),
      },
    });
  }
  const { shapes, config } = bert('');
  const bare = await mapOf({ shapes: renamed(without(shapes, /embeddings/), /^encoder\./, ''), config });
  assert.is(bare.layers[0]?.attention.path, 'layer.0.attention.self');
  assert.is(bare.embeddings, undefined);
});

test('RoBERTa counts positions from 2, a decoder is causal, and old norms are gamma and beta', async () => {
  const roberta = await mapOf(bert('roberta.', 'roberta'));
  assert.is(roberta.embeddings?.positionOffset, 2);
  const named = await mapOf({ ...bert('roberta.'), config: { num_attention_heads: 2 } });
  assert.is(named.embeddings?.positionOffset, 2);
  const { shapes: padded, config: usual } = bert('roberta.', 'roberta');
  const first = await mapOf({ shapes: padded, config: { ...usual, pad_token_id: 0 } });
  assert.is(first.embeddings?.positionOffset, 1);
  const { shapes, config } = bert('bert.');
  const old = renamed(renamed(shapes, /LayerNorm\.weight/, 'LayerNorm.gamma'), /LayerNorm\.bias/, 'LayerNorm.beta');
  const map = await mapOf({ shapes: old, config: { ...config, is_decoder: true } });
  assert.is(map.layers[0]?.norms.mlp.weight, 'bert.encoder.layer.0.output.LayerNorm.gamma');
  assert.is(map.embeddings?.norm?.bias, 'bert.embeddings.LayerNorm.beta');
  assert.is(map.layers[0]?.attention.causal, true);
});

test('BERT with relative positions names their table, which is no table of absolute ones', async () => {
  const { shapes, config } = bert('bert.');
  const tables = Object.fromEntries(
    [0, 1].map((i) => [`bert.encoder.layer.${i}.attention.self.distance_embedding.weight`, [19, 4]]),
  );
  const relative = { shapes: { ...shapes, ...tables }, config: { ...config, position_embedding_type: 'relative_key' } };
  const map = await mapOf(relative);
  assert.is(map.layers[1]?.attention.positions, 'relative-key');
  assert.is(map.layers[1]?.attention.relativeTable, Object.keys(tables)[1]);
  assert.is(map.embeddings?.position, undefined);
});

test('Electra and ALBERT have a projection behind the embedding', async () => {
  assert.equal((await mapOf(electra)).embeddings?.projection, weight('electra.embeddings_project'));
  const map = await mapOf(albert);
  assert.equal(map.embeddings?.projection, weight('albert.encoder.embedding_hidden_mapping_in'));
});

test('ALBERT goes several times through the layers of a group, which are one object', async () => {
  const { layers } = await mapOf(albert);
  const numbers = layers.map(({ attention }) => attention.path.match(/\d/g)?.join('.'));
  assert.equal(numbers, ['0.0', '0.1', '0.0', '0.1', '1.0', '1.1']);
  assert.is(layers[0], layers[2]);
  assert.is(layers[0]?.mlp.activation, 'gelu-tanh');
  assert.is(
    layers[0]?.norms.mlp.weight,
    'albert.encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm.weight',
  );
});

test('DistilBERT has other names for the same', async () => {
  const { family, layers, embeddings } = await mapOf(distilbert);
  assert.is(family, 'distilbert');
  assert.is(layers[1]?.attention.path, 'distilbert.transformer.layer.1.attention');
  assert.equal(layers[1]?.mlp.down, weight('distilbert.transformer.layer.1.ffn.lin2'));
  assert.is(embeddings?.type, undefined);
});

test('ViT and DeiT, as transformers 4 and 5 name them', async () => {
  const four = await mapOf(vit);
  assert.is(four.layers[0]?.order, 'pre');
  assert.equal(four.finalNorm, norm('vit.layernorm', 1e-12));
  assert.equal(four.embeddings, {
    patch: weight('vit.embeddings.patch_embeddings.projection'),
    first: ['vit.embeddings.cls_token'],
    position: 'vit.embeddings.position_embeddings',
  });
  const five = await mapOf(deit5);
  assert.is(five.family, 'vit');
  assert.equal(five.layers[1]?.attention.output, weight('deit.layers.1.attention.o_proj'));
  assert.equal(five.layers[1]?.mlp.up, weight('deit.layers.1.mlp.fc1'));
  assert.equal(five.embeddings?.first, ['deit.embeddings.cls_token', 'deit.embeddings.distillation_token']);
});

test('ViT of timm has query, key and value in one tensor, and may have norms of both', async () => {
  const map = await mapOf(timm);
  const attention = map.layers[1]?.attention;
  assert.equal(attention?.key, weight('blocks.1.attn.qkv', { part: { index: 1, count: 3 } }));
  assert.equal(attention?.queryKeyNorm, {
    query: norm('blocks.1.attn.q_norm', 1e-6),
    key: norm('blocks.1.attn.k_norm', 1e-6),
  });
  assert.equal(map.embeddings?.first, ['cls_token', 'reg_token']);
  const plain = { shapes: without(timm.shapes, /[qk]_norm|reg_token/), config: {} };
  assert.is((await mapOf(plain, { heads: 4 })).layers[0]?.attention.headWidth, 2);
});

test("timm's words for activations are known", async () => {
  const words = { gelu: 'gelu', gelu_tanh: 'gelu-tanh', quick_gelu: 'quick-gelu', relu: 'relu', silu: 'silu' };
  for (const [word, activation] of Object.entries(words)) {
    const config = { ...timm.config, model_args: { num_heads: 2, act_layer: word } };
    assert.is((await mapOf({ shapes: timm.shapes, config })).layers[1]?.mlp.activation, activation);
  }
});

test('patches of spectrograms are mapped where they lie side by side, the attention anyway', async () => {
  const config = { ...vit.config, model_type: 'audio-spectrogram-transformer', patch_size: 2 };
  const tiled = { ...config, frequency_stride: 2, time_stride: 2 };
  const { embeddings } = await mapOf({ shapes: vit.shapes, config: tiled });
  assert.equal(embeddings?.patch, weight('vit.embeddings.patch_embeddings.projection'));
  const file = await checkpoint(vit.shapes);
  assert.is(attentionMap(file, config).layers.length, 2);
  const bare = { shapes: without(vit.shapes, /embeddings/), config };
  assert.is((await mapOf(bare)).embeddings, undefined);
});

test('CLIP has two stacks, each with its part of the configuration', async () => {
  const file = await checkpoint(clip.shapes);
  assert.equal(transformerStacks(file), [
    { family: 'clip-text', prefix: 'text_model.', layers: 2 },
    { family: 'clip-vision', prefix: 'vision_model.', layers: 3 },
  ]);
  const text = await mapOf(clip, { prefix: 'text_model.' });
  const vision = await mapOf(clip, { family: 'clip-vision' });
  assert.equal(
    [text, vision].map(({ layers }) => layers[0]?.attention.causal),
    [true, false],
  );
  assert.equal(
    [text, vision].map(({ layers }) => layers[0]?.attention.heads),
    [2, 4],
  );
  assert.is(text.finalNorm?.weight, 'text_model.final_layer_norm.weight');
  assert.is(vision.finalNorm, undefined);
  assert.equal(vision.embeddings?.norm, norm('vision_model.pre_layrnorm', 1e-5));
  assert.is(vision.layers[0]?.mlp.activation, 'quick-gelu');
});

test('GPT-2 has its weights as [in, out], and its scale can depend on the layer', async () => {
  const { layers, embeddings, finalNorm } = await mapOf(gpt2);
  assert.equal(layers[0]?.attention.value, {
    ...weight('h.0.attn.c_attn', { part: { index: 2, count: 3 } }),
    layout: 'in-out',
  });
  assert.equal(layers[0]?.mlp.down, { ...weight('h.0.mlp.c_proj'), layout: 'in-out' });
  assert.is(layers[0]?.attention.causal, true);
  assert.equal(
    [embeddings?.token, embeddings?.position, finalNorm?.weight],
    ['wte.weight', 'wpe.weight', 'ln_f.weight'],
  );
  const config = { ...gpt2.config, scale_attn_by_inverse_layer_idx: true };
  const scaled = await mapOf({ shapes: renamed(gpt2.shapes, /^/, 'transformer.'), config });
  assert.equal(
    scaled.layers.map(({ attention }) => attention.scale),
    [0.5, 0.25],
  );
  const plain = await mapOf({ shapes: gpt2.shapes, config: { ...gpt2.config, scale_attn_weights: false } });
  assert.is(plain.layers[1]?.attention.scale, 1);
});

test("the encoder of T5 has no scale, heads that do not add up to its width, and one layer's table for all", async () => {
  for (const gated of [false, true]) {
    const { shapes, config } = t5(gated);
    const { layers, embeddings, finalNorm } = await mapOf({ shapes, config: { ...config, is_decoder: true } });
    assert.is(layers.length, 2);
    assert.is(layers[0]?.attention.causal, false);
    const { scale, headWidth, positions, relativeTable, relativeDistance } = layers[1]?.attention ?? {};
    assert.equal([scale, headWidth, positions, relativeDistance], [1, 3, 'relative-bias', 128]);
    assert.is(relativeTable, 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight');
    assert.equal(finalNorm, norm('encoder.final_layer_norm', 1e-6, 'rms'));
    assert.is(embeddings?.token, 'shared.weight');
    const { gate, up, activation } = layers[1]?.mlp ?? {};
    const [first, second] = ['wi_0', 'wi_1'].map((name) => `encoder.block.1.layer.1.DenseReluDense.${name}.weight`);
    assert.equal([gate?.name, activation], gated ? [first, 'gelu-tanh'] : [undefined, 'relu']);
    if (gated) assert.is(up?.name, second);
  }
});

test('Llama has rotary positions, groups of heads, a gate and norms by the root mean square', async () => {
  const map = await mapOf(llama('llama', { rope_theta: 500_000 }));
  const { attention, mlp, norms } = map.layers[1] ?? {};
  assert.equal([attention?.heads, attention?.keyValueHeads, attention?.headWidth, attention?.causal], [4, 2, 2, true]);
  assert.equal(attention?.rotary, { width: 2, theta: 500_000, pairs: 'halves' });
  assert.is(mlp?.gate?.name, 'model.layers.1.mlp.gate_proj.weight');
  assert.equal(norms?.mlp, norm('model.layers.1.post_attention_layernorm', 1e-5, 'rms'));
  assert.is(map.finalNorm?.weight, 'model.norm.weight');
  const base = llama('llama');
  const { prefix } = await mapOf({
    shapes: renamed(without(base.shapes, /lm_head/), /^model\./, ''),
    config: base.config,
  });
  assert.is(prefix, '');
});

test('changed frequencies of rotary positions are data', async () => {
  const rotary = async (more: object): Promise<unknown> =>
    (await mapOf(llama('llama', { ...more }))).layers[0]?.attention.rotary;
  const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };
  const common = { width: 2, theta: 10_000, pairs: 'halves' };
  assert.equal(await rotary({ rope_scaling: null }), common);
  assert.equal(await rotary({ rope_scaling: { type: 'linear', factor: 2 } }), {
    ...common,
    scaling: { kind: 'linear', factor: 2 },
  });
  assert.equal(await rotary({ rope_parameters: { rope_type: 'llama3', rope_theta: 7, ...llama3 } }), {
    ...common,
    theta: 7,
    scaling: { kind: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192 },
  });
  assert.equal(await rotary({ rope_scaling: { rope_type: 'yarn', factor: 4 } }), {
    ...common,
    scaling: { kind: 'other', name: 'yarn' },
  });
});

test('Mistral has a window, Qwen2 biases and a window only if it is switched on, Qwen3 norms of queries and keys', async () => {
  const windows = async (model: string, more: object): Promise<unknown[]> =>
    (await mapOf(llama(model, { ...more }))).layers.map(({ attention }) => attention.window);
  assert.equal(await windows('mistral', { sliding_window: 4096 }), [4096, 4096]);
  assert.equal(await windows('mistral', { sliding_window: null }), [undefined, undefined]);
  assert.equal(await windows('qwen2', { sliding_window: 64 }), [undefined, undefined]);
  const switched = { sliding_window: 64, use_sliding_window: true };
  assert.equal(await windows('qwen2', { ...switched, max_window_layers: 1 }), [undefined, 64]);
  const kinds = ['sliding_attention', 'full_attention'];
  assert.equal(await windows('qwen2', { ...switched, layer_types: kinds }), [64, undefined]);
  const [qwen2] = (await mapOf(llama('qwen2'))).layers;
  assert.is(qwen2?.attention.key.bias, 'model.layers.0.self_attn.k_proj.bias');
  const [qwen3] = (await mapOf(llama('qwen3'))).layers;
  assert.equal(qwen3?.attention.queryKeyNorm?.key, norm('model.layers.0.self_attn.k_norm', 1e-5, 'rms'));
});

test('a map is made without reading or keeping anything', async () => {
  const before = memory().tensors;
  const file = await checkpoint(llama('llama').shapes);
  await file.close();
  transformerMap(file, llama('llama').config);
  assert.is(memory().tensors, before);
});

test('the attention alone is mapped where the rest of the layers is missing or unknown', async () => {
  const { shapes, config } = bert('bert.');
  const file = await checkpoint({
    ...without(shapes, /LayerNorm|dense\.bias|intermediate/),
    'bert.encoder.layer.0.adapter.weight': [2, 8],
  });
  const { layers, ...rest } = attentionMap(file, { ...config, hidden_act: 'serf' });
  assert.equal(rest, { family: 'bert', prefix: 'bert.', width: 8 });
  assert.is(layers[1]?.output.bias, undefined);
  const dino = { ...config, model_type: 'dinov2' };
  const scaled = await checkpoint({
    ...renamed(vit.shapes, /layernorm_before/, 'norm1'),
    'vit.encoder.layer.0.layer_scale1.lambda1': [8],
  });
  assert.is(attentionMap(scaled, dino).family, 'vit');
});

test.run();
