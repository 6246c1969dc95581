/** Small checkpoints of all families, with random weights. */
import {
  encodeSafetensors,
  type LazyEntry,
  openSafetensors,
  Rng,
  type SafetensorsFile,
  type Tensor,
} from '@saccade/tensor';

/** Names, shapes and a configuration. */
export interface Synthetic {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly config: Readonly<Record<string, unknown>>;
}

const linear = (name: string, out: number, into: number, bias = true): Record<string, readonly number[]> => ({
  [`${name}.weight`]: [out, into],
  ...(bias && { [`${name}.bias`]: [out] }),
});

/** Two heads of four dimensions on eight channels, unless told otherwise. */
const width = 8;

/** A query, a key, a value and an output under a path. */
function attention(path: string, names: readonly string[], bias: readonly boolean[]): Synthetic['shapes'] {
  return Object.assign({}, ...names.map((name, i) => linear(`${path}.${name}`, width, width, bias[i] ?? true)));
}

const projections = ['q_proj', 'k_proj', 'v_proj', 'out_proj'];

/** Whisper: keys without a bias, self and cross attention. */
export function whisper(): Synthetic {
  const shapes = {
    'model.encoder.conv1.weight': [8, 3, 3],
    ...attention('model.encoder.layers.0.self_attn', projections, [true, false]),
    ...attention('model.decoder.layers.0.self_attn', projections, [true, false]),
    ...attention('model.decoder.layers.0.encoder_attn', projections, [true, false]),
    'model.decoder.layers.0.encoder_attn_layer_norm.weight': [8],
  };
  const config = { model_type: 'whisper', d_model: width, encoder_attention_heads: 2, decoder_attention_heads: 4 };
  return { shapes, config };
}

/** T5: no biases, no division, a table of relative positions. */
export function t5(): Synthetic {
  const names = ['q', 'k', 'v', 'o'];
  const none = [false, false, false, false];
  const shapes = {
    'shared.weight': [11, width],
    ...attention('encoder.block.0.layer.0.SelfAttention', names, none),
    'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight': [32, 2],
    ...attention('decoder.block.0.layer.0.SelfAttention', names, none),
    'decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight': [32, 2],
    ...attention('decoder.block.0.layer.1.EncDecAttention', names, none),
  };
  return { shapes, config: { model_type: 't5', d_model: width, d_kv: 4, num_heads: 2, num_layers: 1 } };
}

/** CLIP: two towers with heads of their own. */
export function clip(): Synthetic {
  const shapes = {
    ...attention('text_model.encoder.layers.0.self_attn', projections, []),
    ...attention('vision_model.encoder.layers.0.self_attn', projections, []),
    logit_scale: [],
  };
  const config = {
    model_type: 'clip',
    text_config: { num_attention_heads: 2 },
    vision_config: { num_attention_heads: 4 },
  };
  return { shapes, config };
}

/** GPT-2 of two layers: one tensor [in, 3 out] for queries, keys and values. */
export function gpt2(config: object = {}): Synthetic {
  const layer = (i: number): Synthetic['shapes'] => ({
    [`h.${i}.attn.c_attn.weight`]: [width, 3 * width],
    [`h.${i}.attn.c_attn.bias`]: [3 * width],
    [`h.${i}.attn.c_proj.weight`]: [width, width],
    [`h.${i}.attn.c_proj.bias`]: [width],
  });
  const shapes = { 'wte.weight': [11, width], ...layer(0), ...layer(1) };
  return { shapes, config: { model_type: 'gpt2', n_head: 2, n_embd: width, ...config } };
}

/** BERT of so many layers. */
export function bert(layers = 2, prefix = 'bert.', channels: number = width, heads = 2): Synthetic {
  const shapes: Record<string, readonly number[]> = { [`${prefix}embeddings.word_embeddings.weight`]: [11, channels] };
  for (let i = 0; i < layers; i++) {
    const path = `${prefix}encoder.layer.${i}.attention`;
    for (const name of ['self.query', 'self.key', 'self.value', 'output.dense']) {
      Object.assign(shapes, linear(`${path}.${name}`, channels, channels));
    }
  }
  return { shapes, config: { model_type: 'bert', num_attention_heads: heads, hidden_size: channels } };
}

/** timm's ViT: one tensor [3 out, in], without biases if so told. */
export function timm(more: Synthetic['shapes'] = {}, bias = true): Synthetic {
  const shapes = {
    ...linear('blocks.0.attn.qkv', 3 * width, width, bias),
    ...linear('blocks.0.attn.proj', width, width),
    ...more,
  };
  return { shapes, config: { model_type: 'timm_vit', num_heads: 2, embed_dim: width } };
}

/** Llama: rotary positions, fewer key heads. */
export function llama(): Synthetic {
  const path = 'model.layers.0.self_attn';
  const shapes = {
    ...linear(`${path}.q_proj`, 8, 8, false),
    ...linear(`${path}.k_proj`, 4, 8, false),
    ...linear(`${path}.v_proj`, 4, 8, false),
    ...linear(`${path}.o_proj`, 8, 8, false),
  };
  return { shapes, config: { model_type: 'llama', num_attention_heads: 2, num_key_value_heads: 1 } };
}

/** Random values for all tensors. @param dtype of a tensor in the file, by its name; F32 where there is none */
export async function encoded(
  { shapes }: Pick<Synthetic, 'shapes'>,
  dtype: (name: string) => LazyEntry['dtype'] | undefined = () => undefined,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<Uint8Array> {
  const rng = new Rng(7);
  const entries = Object.entries(shapes).map(([name, shape]): [string, LazyEntry] => {
    const own = rng.fork();
    const type = dtype(name) ?? 'F32';
    const size = shape.reduce((a, b) => a * b, 1);
    const read = (): Tensor => own.normal(shape, { deviation: 0.5 });
    if (type === 'I8')
      return [name, { dtype: type, shape, read: () => ({ dtype: type, shape, data: new Int8Array(size) }) }];
    return [name, { dtype: type, shape, read }];
  });
  return encodeSafetensors(new Map(entries), { metadata });
}

/** The same, open. */
export async function checkpoint(...args: Parameters<typeof encoded>): Promise<SafetensorsFile> {
  return openSafetensors(await encoded(...args));
}
