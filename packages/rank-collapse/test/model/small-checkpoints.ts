/** Small checkpoints of all families, with the names that transformers and timm write, and random weights. */
import { encodeSafetensors, openSafetensors, Rng, type SafetensorsFile, toBfloat16, toFloat16 } from '@saccade/tensor';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A model's tensors and configuration. */
export interface Small {
  readonly shapes: Shapes;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Channels, heads, channels inside a perceptron, tokens that are known, positions. */
const [width, heads, inner, vocabulary, positions] = [16, 2, 24, 13, 12];

const under = (prefix: string, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]));

/** Linear maps: name -> [out, in]. */
const maps = (all: Readonly<Record<string, readonly [number, number]>>, bias = true): Shapes =>
  Object.assign(
    {},
    ...Object.entries(all).map(([name, [out, into]]) => ({
      [`${name}.weight`]: [out, into],
      ...(bias && { [`${name}.bias`]: [out] }),
    })),
  );

const norms = (size: number, ...names: string[]): Shapes =>
  Object.assign({}, ...names.map((name) => ({ [`${name}.weight`]: [size], [`${name}.bias`]: [size] })));

/** The same in each layer; {} in the path is its number. */
const layers = (count: number, path: string, shapes: Shapes): Shapes =>
  Object.assign({}, ...Array.from({ length: count }, (_, i) => under(path.replace('{}', `${i}`), shapes)));

const square: readonly [number, number] = [width, width];
const four = (...names: string[]): Record<string, readonly [number, number]> =>
  Object.fromEntries(names.map((name) => [name, square]));

const textEmbeddings = (size: number): Shapes => ({
  'embeddings.word_embeddings.weight': [vocabulary, size],
  'embeddings.position_embeddings.weight': [positions, size],
  'embeddings.token_type_embeddings.weight': [2, size],
  ...norms(size, 'embeddings.LayerNorm'),
});

const bertLayer: Shapes = {
  ...maps({
    ...four('attention.self.query', 'attention.self.key', 'attention.self.value', 'attention.output.dense'),
    'intermediate.dense': [inner, width],
    'output.dense': [width, inner],
  }),
  ...norms(width, 'attention.output.LayerNorm', 'output.LayerNorm'),
};

const sizes = { hidden_size: width, num_hidden_layers: 2, num_attention_heads: heads, intermediate_size: inner };

export const bert: Small = {
  shapes: under('bert.', { ...textEmbeddings(width), ...layers(2, 'encoder.layer.{}.', bertLayer) }),
  config: { model_type: 'bert', ...sizes, hidden_act: 'gelu', layer_norm_eps: 1e-12 },
};

export const roberta: Small = {
  shapes: under('roberta.', { ...textEmbeddings(width), ...layers(2, 'encoder.layer.{}.', bertLayer) }),
  config: { model_type: 'roberta', ...sizes, hidden_act: 'gelu', layer_norm_eps: 1e-5, pad_token_id: 1 },
};

export const electra: Small = {
  shapes: under('electra.', {
    ...textEmbeddings(8),
    ...maps({ embeddings_project: [width, 8] }),
    ...layers(2, 'encoder.layer.{}.', bertLayer),
  }),
  config: { model_type: 'electra', ...sizes, embedding_size: 8 },
};

export const distilbert: Small = {
  shapes: under('distilbert.', {
    'embeddings.word_embeddings.weight': [vocabulary, width],
    'embeddings.position_embeddings.weight': [positions, width],
    ...norms(width, 'embeddings.LayerNorm'),
    ...layers(2, 'transformer.layer.{}.', {
      ...maps({
        ...four('attention.q_lin', 'attention.k_lin', 'attention.v_lin', 'attention.out_lin'),
        'ffn.lin1': [inner, width],
        'ffn.lin2': [width, inner],
      }),
      ...norms(width, 'sa_layer_norm', 'output_layer_norm'),
    }),
  }),
  config: { model_type: 'distilbert', dim: width, n_layers: 2, n_heads: heads, hidden_dim: inner, activation: 'gelu' },
};

/** Three layers that are one. */
export const albert: Small = {
  shapes: under('albert.', {
    ...textEmbeddings(8),
    ...maps({ 'encoder.embedding_hidden_mapping_in': [width, 8] }),
    ...layers(1, 'encoder.albert_layer_groups.{}.albert_layers.0.', {
      ...maps({
        ...four('attention.query', 'attention.key', 'attention.value', 'attention.dense'),
        ffn: [inner, width],
        ffn_output: [width, inner],
      }),
      ...norms(width, 'attention.LayerNorm', 'full_layer_layer_norm'),
    }),
  }),
  config: {
    model_type: 'albert',
    ...sizes,
    embedding_size: 8,
    num_hidden_layers: 3,
    num_hidden_groups: 1,
    inner_group_num: 1,
    hidden_act: 'gelu_new',
  },
};

/** Images of 4 x 6 in three colours make 2 x 3 tiles. */
const tiles = 6;

const visionEmbeddings: Shapes = {
  'embeddings.cls_token': [1, 1, width],
  'embeddings.position_embeddings': [1, tiles + 1, width],
  'embeddings.patch_embeddings.projection.weight': [width, 3, 2, 2],
  'embeddings.patch_embeddings.projection.bias': [width],
};

export const vit: Small = {
  shapes: under('vit.', {
    ...visionEmbeddings,
    ...norms(width, 'layernorm'),
    ...layers(2, 'encoder.layer.{}.', {
      ...maps({
        ...four('attention.attention.query', 'attention.attention.key', 'attention.attention.value'),
        ...four('attention.output.dense'),
        'intermediate.dense': [inner, width],
        'output.dense': [width, inner],
      }),
      ...norms(width, 'layernorm_before', 'layernorm_after'),
    }),
  }),
  config: { model_type: 'vit', ...sizes, hidden_act: 'gelu' },
};

/** In the names of transformers 5, with a token for distillation. */
export const deit: Small = {
  shapes: under('deit.', {
    ...visionEmbeddings,
    'embeddings.distillation_token': [1, 1, width],
    'embeddings.position_embeddings': [1, tiles + 2, width],
    ...norms(width, 'layernorm'),
    ...layers(2, 'layers.{}.', {
      ...maps({
        ...four('attention.q_proj', 'attention.k_proj', 'attention.v_proj', 'attention.o_proj'),
        'mlp.fc1': [inner, width],
        'mlp.fc2': [width, inner],
      }),
      ...norms(width, 'layernorm_before', 'layernorm_after'),
    }),
  }),
  config: { model_type: 'deit', ...sizes, hidden_act: 'gelu' },
};

const timmShapes = (more: Shapes): Shapes => ({
  cls_token: [1, 1, width],
  'patch_embed.proj.weight': [width, 3, 2, 2],
  'patch_embed.proj.bias': [width],
  ...norms(width, 'norm'),
  ...layers(2, 'blocks.{}.', {
    ...maps({
      'attn.qkv': [3 * width, width],
      'attn.proj': square,
      'mlp.fc1': [inner, width],
      'mlp.fc2': [width, inner],
    }),
    ...norms(width, 'norm1', 'norm2'),
    ...norms(width / heads, 'attn.q_norm', 'attn.k_norm'),
  }),
  ...more,
});

const timmConfig = { architecture: 'vit_tiny_patch2_6', model_args: { embed_dim: width, num_heads: heads, depth: 2 } };

export const timm: Small = { shapes: timmShapes({ pos_embed: [1, tiles + 1, width] }), config: timmConfig };

/** Tiles alone have positions, and there are registers. */
export const timmRegisters: Small = {
  shapes: timmShapes({ pos_embed: [1, tiles, width], reg_token: [1, 4, width] }),
  config: timmConfig,
};

const clipLayer: Shapes = {
  ...maps({
    ...four('self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.out_proj'),
    'mlp.fc1': [inner, width],
    'mlp.fc2': [width, inner],
  }),
  ...norms(width, 'layer_norm1', 'layer_norm2'),
};

export const clip: Small = {
  shapes: {
    ...under('text_model.', {
      'embeddings.token_embedding.weight': [vocabulary, width],
      'embeddings.position_embedding.weight': [positions, width],
      ...layers(2, 'encoder.layers.{}.', clipLayer),
      ...norms(width, 'final_layer_norm'),
    }),
    ...under('vision_model.', {
      'embeddings.class_embedding': [width],
      'embeddings.patch_embedding.weight': [width, 3, 2, 2],
      'embeddings.position_embedding.weight': [tiles + 1, width],
      ...norms(width, 'pre_layrnorm', 'post_layernorm'),
      ...layers(2, 'encoder.layers.{}.', clipLayer),
    }),
  },
  config: { model_type: 'clip', text_config: sizes, vision_config: { ...sizes, hidden_act: 'quick_gelu' } },
};

/** Maps are [in, out]; query, key and value are one. */
export const gpt2: Small = {
  shapes: {
    'wte.weight': [vocabulary, width],
    'wpe.weight': [positions, width],
    ...norms(width, 'ln_f'),
    ...layers(2, 'h.{}.', {
      'attn.c_attn.weight': [width, 3 * width],
      'attn.c_attn.bias': [3 * width],
      'attn.c_proj.weight': [width, width],
      'attn.c_proj.bias': [width],
      'mlp.c_fc.weight': [width, inner],
      'mlp.c_fc.bias': [inner],
      'mlp.c_proj.weight': [inner, width],
      'mlp.c_proj.bias': [width],
      'attn.bias': [1, 1, positions, positions],
      ...norms(width, 'ln_1', 'ln_2'),
    }),
  },
  config: { model_type: 'gpt2', n_embd: width, n_layer: 2, n_head: heads, activation_function: 'gelu_new' },
};

/** Heads of 3 channels, whose 6 channels are not the width. */
export const t5 = (gated: boolean): Small => ({
  shapes: {
    'shared.weight': [vocabulary, width],
    'encoder.final_layer_norm.weight': [width],
    'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight': [32, heads],
    ...layers(2, 'encoder.block.{}.layer.', {
      ...under('0.SelfAttention.', maps({ q: [6, width], k: [6, width], v: [6, width], o: [width, 6] }, false)),
      '0.layer_norm.weight': [width],
      '1.layer_norm.weight': [width],
      ...under(
        '1.DenseReluDense.',
        maps(
          gated
            ? { wi_0: [inner, width], wi_1: [inner, width], wo: [width, inner] }
            : { wi: [inner, width], wo: [width, inner] },
          false,
        ),
      ),
    }),
  },
  config: {
    model_type: 't5',
    d_model: width,
    d_kv: 3,
    num_heads: heads,
    num_layers: 2,
    relative_attention_max_distance: 40,
    ...(gated && { feed_forward_proj: 'gated-gelu' }),
  },
});

/** Four heads of 8 channels, two for each head of keys and values. */
export const llama = (model: string, more: Small['config'] = {}): Small => ({
  shapes: {
    'model.embed_tokens.weight': [vocabulary, width],
    'model.norm.weight': [width],
    ...layers(2, 'model.layers.{}.', {
      ...maps({ 'self_attn.q_proj': [32, width], 'self_attn.k_proj': [16, width] }, model === 'qwen2'),
      ...maps({ 'self_attn.v_proj': [16, width] }, model === 'qwen2'),
      ...maps({ 'self_attn.o_proj': [width, 32], 'mlp.gate_proj': [inner, width] }, false),
      ...maps({ 'mlp.up_proj': [inner, width], 'mlp.down_proj': [width, inner] }, false),
      ...(model === 'qwen3' && { 'self_attn.q_norm.weight': [8], 'self_attn.k_norm.weight': [8] }),
      'input_layernorm.weight': [width],
      'post_attention_layernorm.weight': [width],
    }),
  },
  config: {
    model_type: model,
    ...sizes,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 8,
    rms_norm_eps: 1e-5,
    rope_theta: 500,
    hidden_act: 'silu',
    ...more,
  },
});

/** Values of a tensor, float32's: gains near 1, and weights that keep the size of what they multiply. */
function valuesOf(rng: Rng, name: string, shape: readonly number[]): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const isGain = shape.length === 1 && name.endsWith('weight');
  const deviation = shape.length === 1 ? 0.3 : 1.5 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1));
  return Float32Array.from({ length: size }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - rng.number()));
    return (isGain ? 1 : 0) + deviation * radius * Math.cos(2 * Math.PI * rng.number());
  });
}

/** A checkpoint's values, and its bytes. */
export interface SmallFile {
  readonly values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
  readonly bytes: Uint8Array;
  /** The bytes, opened. */
  open(): Promise<SafetensorsFile>;
}

/** @param change what becomes of the values of a tensor */
export async function smallFile(
  shapes: Shapes,
  {
    dtype = 'F32',
    change = (_, data) => data,
  }: { dtype?: 'F32' | 'F16' | 'BF16'; change?: (name: string, data: Float32Array) => Float32Array } = {},
): Promise<SmallFile> {
  const rng = new Rng(1);
  const values = new Map(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, data: change(name, valuesOf(rng, name, shape)) }]),
  );
  const stored = (data: Float32Array): Float32Array | Uint16Array =>
    dtype === 'F32' ? data : dtype === 'F16' ? toFloat16(data) : toBfloat16(data);
  const entries = [...values].map(([name, { shape, data }]) => [name, { dtype, shape, data: stored(data) }] as const);
  const bytes = await encodeSafetensors(Object.fromEntries(entries));
  return { values, bytes, open: () => openSafetensors(bytes) };
}
