/** Adapters of models with an encoder and a decoder, and of decoders named as theirs: Whisper, BART and T5. */
import type { CheckpointAdapter } from './checkpoint-adapter.js';
import { type NamedFamily, namedAdapter } from './named-adapter.js';

const whisper = {
  family: 'whisper',
  models: /^(whisper|bart|mbart|plbart|marian|pegasus|m2m_100|blenderbot|blenderbot-small|speech_to_text|opt)$/,
  query: 'q_proj',
  key: 'k_proj',
  value: 'v_proj',
  output: 'out_proj',
};

const t5 = {
  family: 't5',
  models: /^(m|um)?t5$/,
  query: 'q',
  key: 'k',
  value: 'v',
  output: 'o',
  rooted: false,
  // Old files have it in cross attention too, where nothing reads it.
  beside: /^relative_attention_bias\.weight$/,
};

const families: readonly NamedFamily[] = [
  {
    ...whisper,
    // Not the towers of CLIP.
    path: /^(?!.*\b(text|vision)_model\.)(.*\.)?encoder\.layers\.\d+\.self_attn$/,
    heads: ['encoder_attention_heads'],
    attends: 'all',
  },
  {
    ...whisper,
    path: /^(.*\.)?decoder\.layers\.\d+\.self_attn$/,
    heads: ['decoder_attention_heads'],
    attends: 'causal',
  },
  {
    ...whisper,
    path: /^(.*\.)?decoder\.layers\.\d+\.encoder_attn$/,
    heads: ['decoder_attention_heads'],
    attends: 'cross',
  },
  { ...t5, path: /^(.*\.)?decoder\.block\.\d+\.layer\.0\.SelfAttention$/, attends: 'causal' },
  { ...t5, path: /^(.*\.)?decoder\.block\.\d+\.layer\.1\.EncDecAttention$/, attends: 'cross' },
];

/** All of them. */
export const decoderAdapters: readonly CheckpointAdapter[] = families.map(namedAdapter);
