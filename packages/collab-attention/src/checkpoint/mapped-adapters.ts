/** Adapters of the families whose maps the package `nn` knows. */
import {
  type AttentionEntry,
  attentionMap,
  type CheckpointNames,
  type ModelConfig,
  StateDictError,
  type TransformerStack,
  transformerStacks,
} from '@saccade/nn';
import { FormatError } from '@saccade/tensor';
import type { CheckpointAdapter, CheckpointLayer, CheckpointView } from './checkpoint-adapter.js';
import { requireHeads } from './config-heads.js';
import { quotedName } from './quoted-name.js';
import { releasedForm } from './released-form.js';

/** Families here, and their names there. */
const families = [
  ['bert', 'bert'],
  ['distilbert', 'distilbert'],
  ['albert', 'albert'],
  ['vit', 'vit'],
  ['timm-vit', 'timm-vit'],
  ['clip', 'clip-text'],
  ['clip', 'clip-vision'],
  ['gpt2', 'gpt2'],
  ['t5', 't5-encoder'],
  ['llama', 'llama'],
] as const;

/** BERT and its like, DistilBERT, ALBERT, ViT and DeiT, CLIP, GPT-2, the encoder of T5; Llama and its like, to be refused with the reason. */
export const mappedAdapters: readonly CheckpointAdapter[] = families.map(([family, there]) => {
  const stacksOf = (view: CheckpointView): TransformerStack[] =>
    transformerStacks(view).filter((stack) => stack.family === there);
  return {
    family,
    matches: (view) => stacksOf(view).length > 0,
    layers: (view) => stacksOf(view).flatMap((stack) => layersOf(view, stack)),
  };
});

function layersOf(view: CheckpointView, stack: TransformerStack): CheckpointLayer[] {
  const { prefix, family } = stack;
  // Llama and its like, all of which turn queries and keys.
  if (family === 'llama') return refused(view, stack, rotary);
  requireHeads(view, family);
  // A family that the caller named is taken for granted, whatever model the configuration is of.
  const options = { prefix, heads: view.heads, ...(view.family !== undefined && { family }) };
  try {
    const map = attentionMap(ofAnyType(view), configOf(view, stack), options);
    return [...new Set(map.layers)].map((entry) => layerOf(stack.family, entry));
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof StateDictError)) throw error;
    return refused(view, stack, error.message.replace(/^attentionMap: /, ''));
  }
}

/** Types are looked at layer by layer, so that one layer of another type is refused alone. */
function ofAnyType({ names, info }: CheckpointNames): CheckpointNames {
  return { names, info: (name) => ({ ...info(name), dtype: 'F32' }) };
}

/** Layers that share their weights (ALBERT) are wanted once each, however often the model goes through them. */
function configOf({ config, names }: CheckpointView, { family, prefix }: TransformerStack): ModelConfig {
  if (family !== 'albert') return config;
  const groups = new Set<string | undefined>();
  for (const name of names) {
    if (name.startsWith(prefix)) groups.add(/\balbert_layer_groups\.(\d+)\./.exec(name)?.[1]);
  }
  groups.delete(undefined);
  return { ...config, num_hidden_layers: groups.size };
}

function layerOf(family: string, entry: AttentionEntry): CheckpointLayer {
  const { path, query, key, value, heads, keyValueHeads, scale, causal } = entry;
  const unsupported = reasonOf(entry);
  return {
    ...{ path, query, key, value, heads, keyHeads: keyValueHeads, scale },
    attends: causal ? 'causal' : 'all',
    released: releasedForm(family, path),
    ...(unsupported !== undefined && { unsupported }),
  };
}

const rotary =
  'rotary positions (RoPE) turn queries and keys by their distance, so that W_Q^T W_K does not say the scores';

/** What keeps the scores from being a product of the weights. */
function reasonOf({ positions, queryKeyNorm }: AttentionEntry): string | undefined {
  if (queryKeyNorm !== undefined) return 'norms of queries and keys (QK-norm) are not linear';
  if (positions === 'rotary') return rotary;
  if (positions === 'relative-key' || positions === 'relative-key-query') {
    return `relative positions (${positions.replaceAll('-', '_')}) need the queries of each head`;
  }
  return undefined;
}

/** The layers of a stack without a map, as their names show them, with the reason. */
function refused({ names, info }: CheckpointView, { prefix }: TransformerStack, reason: string): CheckpointLayer[] {
  const marker = /\.(query|q_lin|q_proj|qkv|c_attn|q)\.weight$/;
  return names.flatMap((name) => {
    if (!name.startsWith(prefix) || !marker.test(name)) return [];
    const weight = { name, layout: 'out-in' } as const;
    const { dtype } = info(name);
    const unsupported = /^(F|BF)/.test(dtype) ? reason : `its weights are quantised (${quotedName(name)} is ${dtype})`;
    return [{ path: name.replace(marker, ''), query: weight, key: weight, heads: 1, scale: 1, unsupported }];
  });
}
