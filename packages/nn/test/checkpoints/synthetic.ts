/** Tiny checkpoints with the names and shapes that transformers and timm write. */
import { encodeSafetensors, openSafetensors, Rng, type SafetensorsFile, scope, type Tensor } from '@saccade/tensor';
import type { ModelConfig } from '../../src/index.js';

export type Shapes = Record<string, readonly number[]>;

/** A model's file and configuration. */
export interface Synthetic {
  readonly shapes: Shapes;
  readonly config: ModelConfig;
}

/** Linear maps with a bias: name -> [out, in]. */
function linear(maps: Shapes): Shapes {
  const all = Object.entries(maps).flatMap(([name, [out = 0, into = 0]]) => [
    [`${name}.weight`, [out, into]],
    [`${name}.bias`, [out]],
  ]);
  return Object.fromEntries(all) as Shapes;
}

/** Norms with weight and bias. */
const norms = (width: number, ...names: string[]): Shapes =>
  Object.fromEntries(names.flatMap((name) => [[`${name}.weight`, [width]], [`${name}.bias`, [width]]])); // biome-ignore format: pairs

const under = (prefix: string, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]));

/** The same in each of `count` layers; {} in the path is the number. */
const layers = (count: number, path: string, shapes: Shapes): Shapes =>
  Object.assign({}, ...Array.from({ length: count }, (_, i) => under(path.replace('{}', String(i)), shapes)));

const textEmbeddings = (width: number): Shapes => ({
  'embeddings.word_embeddings.weight': [11, width],
  'embeddings.position_embeddings.weight': [10, width],
  'embeddings.token_type_embeddings.weight': [2, width],
  ...norms(width, 'embeddings.LayerNorm'),
});

const bertLayer: Shapes = {
  ...linear({
    'attention.self.query': [8, 8],
    'attention.self.key': [8, 8],
    'attention.self.value': [8, 8],
    'attention.output.dense': [8, 8],
    'intermediate.dense': [16, 8],
    'output.dense': [8, 16],
  }),
  ...norms(8, 'attention.output.LayerNorm', 'output.LayerNorm'),
};

const bertSizes = { hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 16 };

export const bert = (prefix: string, model = 'bert'): Synthetic => ({
  shapes: {
    ...under(prefix, { ...textEmbeddings(8), ...layers(2, 'encoder.layer.{}.', bertLayer) }),
    [`${prefix}embeddings.position_ids`]: [1, 10],
    'cls.predictions.bias': [11],
  },
  config: { model_type: model, ...bertSizes, hidden_act: 'gelu', layer_norm_eps: 1e-12 },
});

export const electra: Synthetic = {
  shapes: {
    ...under('electra.', {
      ...textEmbeddings(4),
      ...linear({ embeddings_project: [8, 4] }),
      ...layers(2, 'encoder.layer.{}.', bertLayer),
    }),
  },
  config: { model_type: 'electra', ...bertSizes, embedding_size: 4 },
};

export const distilbert: Synthetic = {
  shapes: under('distilbert.', {
    'embeddings.word_embeddings.weight': [11, 8],
    'embeddings.position_embeddings.weight': [10, 8],
    ...norms(8, 'embeddings.LayerNorm'),
    ...layers(2, 'transformer.layer.{}.', {
      ...linear({
        'attention.q_lin': [8, 8],
        'attention.k_lin': [8, 8],
        'attention.v_lin': [8, 8],
        'attention.out_lin': [8, 8],
        'ffn.lin1': [16, 8],
        'ffn.lin2': [8, 16],
      }),
      ...norms(8, 'sa_layer_norm', 'output_layer_norm'),
    }),
  }),
  config: { model_type: 'distilbert', dim: 8, n_layers: 2, n_heads: 2, hidden_dim: 16, activation: 'gelu' },
};

const albertLayer: Shapes = {
  ...linear({
    'attention.query': [8, 8],
    'attention.key': [8, 8],
    'attention.value': [8, 8],
    'attention.dense': [8, 8],
    ffn: [16, 8],
    ffn_output: [8, 16],
  }),
  ...norms(8, 'attention.LayerNorm', 'full_layer_layer_norm'),
};

export const albert: Synthetic = {
  shapes: under('albert.', {
    ...textEmbeddings(4),
    ...linear({ 'encoder.embedding_hidden_mapping_in': [8, 4] }),
    ...layers(2, 'encoder.albert_layer_groups.{}.albert_layers.0.', albertLayer),
    ...layers(2, 'encoder.albert_layer_groups.{}.albert_layers.1.', albertLayer),
  }),
  config: {
    model_type: 'albert',
    hidden_size: 8,
    embedding_size: 4,
    num_attention_heads: 2,
    num_hidden_layers: 3,
    num_hidden_groups: 2,
    inner_group_num: 2,
    hidden_act: 'gelu_new',
  },
};

const imageEmbeddings: Shapes = {
  'embeddings.cls_token': [1, 1, 8],
  'embeddings.position_embeddings': [1, 5, 8],
  'embeddings.patch_embeddings.projection.weight': [8, 3, 2, 2],
  'embeddings.patch_embeddings.projection.bias': [8],
};

const visionConfig = { hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, hidden_act: 'gelu' };

export const vit: Synthetic = {
  shapes: under('vit.', {
    ...imageEmbeddings,
    ...norms(8, 'layernorm'),
    ...layers(2, 'encoder.layer.{}.', {
      ...linear({
        'attention.attention.query': [8, 8],
        'attention.attention.key': [8, 8],
        'attention.attention.value': [8, 8],
        'attention.output.dense': [8, 8],
        'intermediate.dense': [16, 8],
        'output.dense': [8, 16],
      }),
      ...norms(8, 'layernorm_before', 'layernorm_after'),
    }),
  }),
  config: { model_type: 'vit', ...visionConfig },
};

export const deit5: Synthetic = {
  shapes: under('deit.', {
    ...imageEmbeddings,
    'embeddings.distillation_token': [1, 1, 8],
    ...norms(8, 'layernorm'),
    ...layers(2, 'layers.{}.', {
      ...linear({
        'attention.q_proj': [8, 8],
        'attention.k_proj': [8, 8],
        'attention.v_proj': [8, 8],
        'attention.o_proj': [8, 8],
        'mlp.fc1': [16, 8],
        'mlp.fc2': [8, 16],
      }),
      ...norms(8, 'layernorm_before', 'layernorm_after'),
    }),
  }),
  config: { model_type: 'deit', ...visionConfig },
};

export const timm: Synthetic = {
  shapes: {
    cls_token: [1, 1, 8],
    reg_token: [1, 4, 8],
    pos_embed: [1, 5, 8],
    'patch_embed.proj.weight': [8, 3, 2, 2],
    'patch_embed.proj.bias': [8],
    ...norms(8, 'norm'),
    ...layers(2, 'blocks.{}.', {
      ...linear({ 'attn.qkv': [24, 8], 'attn.proj': [8, 8], 'mlp.fc1': [16, 8], 'mlp.fc2': [8, 16] }),
      ...norms(8, 'norm1', 'norm2'),
      ...norms(4, 'attn.q_norm', 'attn.k_norm'),
    }),
    'head.weight': [10, 8],
  },
  config: { architecture: 'vit_tiny_patch2_8', model_args: { embed_dim: 8, num_heads: 2, depth: 2 } },
};

const clipLayer: Shapes = {
  ...linear({
    'self_attn.q_proj': [8, 8],
    'self_attn.k_proj': [8, 8],
    'self_attn.v_proj': [8, 8],
    'self_attn.out_proj': [8, 8],
    'mlp.fc1': [16, 8],
    'mlp.fc2': [8, 16],
  }),
  ...norms(8, 'layer_norm1', 'layer_norm2'),
};

export const clip: Synthetic = {
  shapes: {
    logit_scale: [],
    ...under('text_model.', {
      'embeddings.token_embedding.weight': [11, 8],
      'embeddings.position_embedding.weight': [10, 8],
      ...layers(2, 'encoder.layers.{}.', clipLayer),
      ...norms(8, 'final_layer_norm'),
    }),
    ...under('vision_model.', {
      'embeddings.class_embedding': [8],
      'embeddings.patch_embedding.weight': [8, 3, 2, 2],
      'embeddings.position_embedding.weight': [5, 8],
      ...norms(8, 'pre_layrnorm', 'post_layernorm'),
      ...layers(3, 'encoder.layers.{}.', clipLayer),
    }),
  },
  config: {
    model_type: 'clip',
    text_config: { model_type: 'clip_text_model', hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 2 },
    vision_config: { hidden_size: 8, num_attention_heads: 4, num_hidden_layers: 3, hidden_act: 'quick_gelu' },
  },
};

/** Maps of GPT-2: [in, out]. */
const conv1d = (maps: Shapes): Shapes =>
  Object.fromEntries(
    Object.entries(maps).flatMap(([name, [into = 0, out = 0]]) => [
      [`${name}.weight`, [into, out]],
      [`${name}.bias`, [out]],
    ]),
  );

export const gpt2: Synthetic = {
  shapes: {
    'wte.weight': [11, 8],
    'wpe.weight': [10, 8],
    ...norms(8, 'ln_f'),
    ...layers(2, 'h.{}.', {
      ...conv1d({ 'attn.c_attn': [8, 24], 'attn.c_proj': [8, 8], 'mlp.c_fc': [8, 32], 'mlp.c_proj': [32, 8] }),
      ...norms(8, 'ln_1', 'ln_2'),
      'attn.bias': [1, 1, 10, 10],
      'attn.masked_bias': [],
    }),
  },
  config: { model_type: 'gpt2', n_embd: 8, n_layer: 2, n_head: 2, n_inner: null, activation_function: 'gelu_new' },
};

/** Heads of 3 channels, so that their 6 channels are not the width. */
const t5Attention = (name: string): Shapes => ({
  [`${name}.q.weight`]: [6, 8],
  [`${name}.k.weight`]: [6, 8],
  [`${name}.v.weight`]: [6, 8],
  [`${name}.o.weight`]: [8, 6],
});

export const t5 = (gated: boolean): Synthetic => ({
  shapes: {
    'shared.weight': [11, 8],
    'encoder.final_layer_norm.weight': [8],
    'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight': [32, 2],
    ...layers(2, 'encoder.block.{}.', {
      ...t5Attention('layer.0.SelfAttention'),
      'layer.0.layer_norm.weight': [8],
      'layer.1.layer_norm.weight': [8],
      ...(gated
        ? { 'layer.1.DenseReluDense.wi_0.weight': [16, 8], 'layer.1.DenseReluDense.wi_1.weight': [16, 8] }
        : { 'layer.1.DenseReluDense.wi.weight': [16, 8] }),
      'layer.1.DenseReluDense.wo.weight': [8, 16],
    }),
    ...layers(2, 'decoder.block.{}.', {
      ...t5Attention('layer.0.SelfAttention'),
      ...t5Attention('layer.1.EncDecAttention'),
    }),
  },
  config: {
    model_type: 't5',
    d_model: 8,
    d_kv: 3,
    num_heads: 2,
    num_layers: 2,
    ...(gated ? { feed_forward_proj: 'gated-gelu' } : {}),
  },
});

/** Two of four query heads share each head of keys and values. */
export const llama = (model: string, more: ModelConfig = {}): Synthetic => ({
  shapes: {
    'model.embed_tokens.weight': [11, 8],
    'model.norm.weight': [8],
    'lm_head.weight': [11, 8],
    ...layers(2, 'model.layers.{}.', {
      'self_attn.q_proj.weight': [8, 8],
      'self_attn.k_proj.weight': [4, 8],
      'self_attn.v_proj.weight': [4, 8],
      'self_attn.o_proj.weight': [8, 8],
      ...(model.startsWith('qwen2') && { 'self_attn.q_proj.bias': [8], 'self_attn.k_proj.bias': [4] }),
      ...(model === 'qwen3' && { 'self_attn.q_norm.weight': [2], 'self_attn.k_norm.weight': [2] }),
      'self_attn.rotary_emb.inv_freq': [1],
      'input_layernorm.weight': [8],
      'post_attention_layernorm.weight': [8],
      'mlp.gate_proj.weight': [16, 8],
      'mlp.up_proj.weight': [16, 8],
      'mlp.down_proj.weight': [8, 16],
    }),
  },
  config: {
    model_type: model,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    hidden_act: 'silu',
    ...more,
  },
});

/** The file, opened, with random values. */
export async function checkpoint(shapes: Shapes): Promise<SafetensorsFile> {
  return await scope(async () => {
    const rng = new Rng(1);
    const tensors: Record<string, Tensor> = {};
    for (const [name, shape] of Object.entries(shapes)) tensors[name] = rng.normal(shape);
    return await openSafetensors(await encodeSafetensors(tensors));
  });
}

/** Shapes without the names that match. */
export const without = (shapes: Shapes, names: RegExp): Shapes =>
  Object.fromEntries(Object.entries(shapes).filter(([name]) => !names.test(name)));

/** Shapes whose names are changed. */
export const renamed = (shapes: Shapes, from: RegExp, to: string): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name.replace(from, to), shape]));
