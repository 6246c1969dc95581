/** Names and conventions of the transformers that `transformerMap` knows, as Hugging Face's transformers and timm write them. */
import type { MlpActivation } from './transformer-entries.js';

/** The names of a family. Those in a layer follow its path, those of embeddings and the last norm the model's prefix. */
export interface TransformerFamily {
  readonly name: string;
  /** What a configuration calls models with these names that compute this way: its `architecture` (timm) or `model_type`. */
  readonly models: RegExp;
  /** Part of the configuration that speaks of this stack, where a model has several. */
  readonly section?: string;
  /** Between the model's prefix and a layer; may be missing in files of bare stacks. */
  readonly stack: string;
  /** What must stand before a layer, where other families have layers of the same names. */
  readonly before?: RegExp;
  /** Path of a layer: {i} is its number, or that of a group whose layer {j} many layers share. */
  readonly layer: string;
  readonly order: 'pre' | 'post';
  readonly norm: 'layer' | 'rms';
  /** Of the norms, where the configuration says nothing. */
  readonly epsilon: number;
  /** Query, key and value of one name are three parts of one tensor. */
  readonly attention: {
    readonly path: string;
    readonly query: string;
    readonly key: string;
    readonly value: string;
    readonly output: string;
    readonly queryNorm?: string;
    readonly keyNorm?: string;
    readonly relativeTable?: string;
  };
  readonly layout: 'out-in' | 'in-out';
  readonly causal: boolean;
  readonly positions: 'none' | 'rotary' | 'relative-bias';
  readonly scale: 'root' | 'one';
  readonly norms: { readonly attention: string; readonly mlp: string };
  /** The forms that occur. */
  readonly mlp: readonly { readonly up: string; readonly gate?: string; readonly down: string }[];
  /** Where the configuration says nothing. */
  readonly activation: MlpActivation;
  /** A name that ends with '?' may be missing; of several tokens one must be there. */
  readonly embeddings: {
    readonly token?: readonly string[];
    readonly patch?: string;
    readonly first?: readonly string[];
    readonly position?: string;
    readonly type?: string;
    readonly norm?: string;
    readonly projection?: string;
  };
  readonly finalNorm?: string;
  /** Tensors in a layer that are no weights. */
  readonly buffers?: RegExp;
}

const visionNames = /^(vit|deit|vit_mae|vit_msn|dinov2|audio-spectrogram-transformer)$/;

const visionEmbeddings = {
  patch: 'embeddings.patch_embeddings.projection',
  first: ['embeddings.cls_token?', 'embeddings.distillation_token?'],
  position: 'embeddings.position_embeddings',
};

/** All that are known. */
export const transformerFamilies: readonly TransformerFamily[] = [
  {
    name: 'bert',
    models: /^(bert|roberta|xlm-roberta|camembert|electra)$/,
    stack: 'encoder.',
    layer: 'layer.{i}.',
    order: 'post',
    norm: 'layer',
    epsilon: 1e-12,
    attention: {
      path: 'attention.self',
      query: 'attention.self.query',
      key: 'attention.self.key',
      value: 'attention.self.value',
      output: 'attention.output.dense',
      relativeTable: 'attention.self.distance_embedding.weight',
    },
    layout: 'out-in',
    causal: false,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'attention.output.LayerNorm', mlp: 'output.LayerNorm' },
    mlp: [{ up: 'intermediate.dense', down: 'output.dense' }],
    activation: 'gelu',
    embeddings: {
      token: ['embeddings.word_embeddings.weight'],
      position: 'embeddings.position_embeddings.weight',
      type: 'embeddings.token_type_embeddings.weight',
      norm: 'embeddings.LayerNorm',
      projection: 'embeddings_project?',
    },
  },
  {
    name: 'distilbert',
    models: /^distilbert$/,
    stack: 'transformer.',
    layer: 'layer.{i}.',
    order: 'post',
    norm: 'layer',
    epsilon: 1e-12,
    attention: {
      path: 'attention',
      query: 'attention.q_lin',
      key: 'attention.k_lin',
      value: 'attention.v_lin',
      output: 'attention.out_lin',
    },
    layout: 'out-in',
    causal: false,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'sa_layer_norm', mlp: 'output_layer_norm' },
    mlp: [{ up: 'ffn.lin1', down: 'ffn.lin2' }],
    activation: 'gelu',
    embeddings: {
      token: ['embeddings.word_embeddings.weight'],
      position: 'embeddings.position_embeddings.weight',
      norm: 'embeddings.LayerNorm',
    },
  },
  {
    name: 'albert',
    models: /^albert$/,
    stack: 'encoder.',
    layer: 'albert_layer_groups.{i}.albert_layers.{j}.',
    order: 'post',
    norm: 'layer',
    epsilon: 1e-12,
    attention: {
      path: 'attention',
      query: 'attention.query',
      key: 'attention.key',
      value: 'attention.value',
      output: 'attention.dense',
      relativeTable: 'attention.distance_embedding.weight',
    },
    layout: 'out-in',
    causal: false,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'attention.LayerNorm', mlp: 'full_layer_layer_norm' },
    mlp: [{ up: 'ffn', down: 'ffn_output' }],
    activation: 'gelu-tanh',
    embeddings: {
      token: ['embeddings.word_embeddings.weight'],
      position: 'embeddings.position_embeddings.weight',
      type: 'embeddings.token_type_embeddings.weight',
      norm: 'embeddings.LayerNorm',
      projection: 'encoder.embedding_hidden_mapping_in',
    },
  },
  {
    // transformers 4
    name: 'vit',
    models: visionNames,
    stack: 'encoder.',
    layer: 'layer.{i}.',
    order: 'pre',
    norm: 'layer',
    epsilon: 1e-12,
    attention: {
      path: 'attention.attention',
      query: 'attention.attention.query',
      key: 'attention.attention.key',
      value: 'attention.attention.value',
      output: 'attention.output.dense',
    },
    layout: 'out-in',
    causal: false,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'layernorm_before', mlp: 'layernorm_after' },
    mlp: [{ up: 'intermediate.dense', down: 'output.dense' }],
    activation: 'gelu',
    embeddings: visionEmbeddings,
    finalNorm: 'layernorm',
  },
  {
    // transformers 5
    name: 'vit',
    models: visionNames,
    stack: '',
    layer: 'layers.{i}.',
    order: 'pre',
    norm: 'layer',
    epsilon: 1e-12,
    attention: {
      path: 'attention',
      query: 'attention.q_proj',
      key: 'attention.k_proj',
      value: 'attention.v_proj',
      output: 'attention.o_proj',
    },
    layout: 'out-in',
    causal: false,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'layernorm_before', mlp: 'layernorm_after' },
    mlp: [{ up: 'mlp.fc1', down: 'mlp.fc2' }],
    activation: 'gelu',
    embeddings: visionEmbeddings,
    finalNorm: 'layernorm',
  },
  {
    // Those of CLIP and SigLIP have another epsilon or activation.
    name: 'timm-vit',
    models: /^(timm_vit|(vit|deit|deit3)_(?!.*(rope|relpos|clip|siglip)).*)$/,
    section: 'model_args',
    stack: '',
    layer: 'blocks.{i}.',
    order: 'pre',
    norm: 'layer',
    epsilon: 1e-6,
    attention: {
      path: 'attn',
      query: 'attn.qkv',
      key: 'attn.qkv',
      value: 'attn.qkv',
      output: 'attn.proj',
      queryNorm: 'attn.q_norm',
      keyNorm: 'attn.k_norm',
    },
    layout: 'out-in',
    causal: false,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'norm1', mlp: 'norm2' },
    mlp: [{ up: 'mlp.fc1', down: 'mlp.fc2' }],
    activation: 'gelu',
    embeddings: {
      patch: 'patch_embed.proj',
      first: ['cls_token?', 'dist_token?', 'reg_token?'],
      position: 'pos_embed',
      norm: 'norm_pre?',
    },
    finalNorm: 'norm',
  },
  {
    name: 'clip-text',
    models: /^clip(_text_model)?$/,
    section: 'text_config',
    stack: 'encoder.',
    before: /(^|\.)text_model\.encoder\.$/,
    layer: 'layers.{i}.',
    order: 'pre',
    norm: 'layer',
    epsilon: 1e-5,
    attention: {
      path: 'self_attn',
      query: 'self_attn.q_proj',
      key: 'self_attn.k_proj',
      value: 'self_attn.v_proj',
      output: 'self_attn.out_proj',
    },
    layout: 'out-in',
    causal: true,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'layer_norm1', mlp: 'layer_norm2' },
    mlp: [{ up: 'mlp.fc1', down: 'mlp.fc2' }],
    activation: 'quick-gelu',
    embeddings: {
      token: ['embeddings.token_embedding.weight'],
      position: 'embeddings.position_embedding.weight',
    },
    finalNorm: 'final_layer_norm',
  },
  {
    // The norm behind its last layer is for the class token alone.
    name: 'clip-vision',
    models: /^clip(_vision_model)?$/,
    section: 'vision_config',
    stack: 'encoder.',
    before: /(^|\.)vision_model\.encoder\.$/,
    layer: 'layers.{i}.',
    order: 'pre',
    norm: 'layer',
    epsilon: 1e-5,
    attention: {
      path: 'self_attn',
      query: 'self_attn.q_proj',
      key: 'self_attn.k_proj',
      value: 'self_attn.v_proj',
      output: 'self_attn.out_proj',
    },
    layout: 'out-in',
    causal: false,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'layer_norm1', mlp: 'layer_norm2' },
    mlp: [{ up: 'mlp.fc1', down: 'mlp.fc2' }],
    activation: 'quick-gelu',
    embeddings: {
      patch: 'embeddings.patch_embedding',
      first: ['embeddings.class_embedding'],
      position: 'embeddings.position_embedding.weight',
      norm: 'pre_layrnorm', // so it is written there
    },
  },
  {
    name: 'gpt2',
    models: /^gpt2$/,
    stack: '',
    layer: 'h.{i}.',
    order: 'pre',
    norm: 'layer',
    epsilon: 1e-5,
    attention: {
      path: 'attn',
      query: 'attn.c_attn',
      key: 'attn.c_attn',
      value: 'attn.c_attn',
      output: 'attn.c_proj',
    },
    layout: 'in-out',
    causal: true,
    positions: 'none',
    scale: 'root',
    norms: { attention: 'ln_1', mlp: 'ln_2' },
    mlp: [{ up: 'mlp.c_fc', down: 'mlp.c_proj' }],
    activation: 'gelu-tanh',
    embeddings: { token: ['wte.weight'], position: 'wpe.weight' },
    finalNorm: 'ln_f',
    buffers: /^attn\.(masked_)?bias$/,
  },
  {
    name: 't5-encoder',
    models: /^m?t5$/,
    stack: 'encoder.',
    before: /(^|\.)encoder\.$/,
    layer: 'block.{i}.',
    order: 'pre',
    norm: 'rms',
    epsilon: 1e-6,
    attention: {
      path: 'layer.0.SelfAttention',
      query: 'layer.0.SelfAttention.q',
      key: 'layer.0.SelfAttention.k',
      value: 'layer.0.SelfAttention.v',
      output: 'layer.0.SelfAttention.o',
      relativeTable: 'layer.0.SelfAttention.relative_attention_bias.weight',
    },
    layout: 'out-in',
    causal: false,
    positions: 'relative-bias',
    scale: 'one',
    norms: { attention: 'layer.0.layer_norm', mlp: 'layer.1.layer_norm' },
    mlp: [
      { up: 'layer.1.DenseReluDense.wi', down: 'layer.1.DenseReluDense.wo' },
      {
        up: 'layer.1.DenseReluDense.wi_1',
        gate: 'layer.1.DenseReluDense.wi_0',
        down: 'layer.1.DenseReluDense.wo',
      },
    ],
    activation: 'relu',
    embeddings: { token: ['shared.weight', 'encoder.embed_tokens.weight'] },
    finalNorm: 'encoder.final_layer_norm',
  },
  {
    name: 'llama',
    models: /^(llama|mistral|qwen2|qwen3)$/,
    stack: '',
    before: /^$|(^|[._])model\.$/,
    layer: 'layers.{i}.',
    order: 'pre',
    norm: 'rms',
    epsilon: 1e-6,
    attention: {
      path: 'self_attn',
      query: 'self_attn.q_proj',
      key: 'self_attn.k_proj',
      value: 'self_attn.v_proj',
      output: 'self_attn.o_proj',
      queryNorm: 'self_attn.q_norm',
      keyNorm: 'self_attn.k_norm',
    },
    layout: 'out-in',
    causal: true,
    positions: 'rotary',
    scale: 'root',
    norms: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
    mlp: [{ up: 'mlp.up_proj', gate: 'mlp.gate_proj', down: 'mlp.down_proj' }],
    activation: 'silu',
    embeddings: { token: ['embed_tokens.weight'] },
    finalNorm: 'norm',
    buffers: /^self_attn\.rotary_emb\.inv_freq$/,
  },
];
