/** The names of the original's tensors (dwromero/g_selfatt, and GEVit, which has the same), and how their axes lie. */
import type { AnyModule } from '@saccade/nn';
import { reshape, scope, type Tensor, transpose } from '@saccade/tensor';
import { SelfAttention } from '../layers/self-attention.js';
import { TransformerBlock } from '../layers/transformer-block.js';
import { GroupAttentionNet } from '../network/group-attention-net.js';

/** A part of a module: its path there, and its path in the original. */
type NamePair = readonly [original: string, own: string];

/** Parts of attention. */
const attentionParts: readonly NamePair[] = [
  ['wout', 'output'],
  ['row_embedding.0', 'row_encoding.hidden'],
  ['row_embedding.1', 'row_encoding.norm'],
  ['row_embedding.3', 'row_encoding.output'],
  ['col_embedding.0', 'column_encoding.hidden'],
  ['col_embedding.1', 'column_encoding.norm'],
  ['col_embedding.3', 'column_encoding.output'],
  ['group_embedding', 'group_encoding'],
  ['query', 'query'],
  ['key', 'key'],
  ['value', 'value'],
];

/** Parts of a block. */
const blockParts: readonly NamePair[] = [
  ['attention.0', 'norm_in'],
  ...attentionParts.map(([original, own]): NamePair => [`attention.2.${original}`, `attention.${own}`]),
  ['attention.3', 'norm_out'],
  ['mlp.0', 'mlp.hidden'],
  ['mlp.1', 'mlp.norm'],
  ['mlp.3', 'mlp.output'],
  ['mlp.4', 'mlp.output_norm'],
  ['shortcut.0', 'shortcut'],
];

/** What the original keeps and nothing here needs: the indices and elements that follow from the group. */
const notNeeded = /(^|\.)(row_indices|col_indices|g_indices|inf_outside|_identity|_elements|_relative_positions)$/;

/** Whether a tensor of the original is one of its weights. */
export function isNeeded(original: string): boolean {
  return !notNeeded.test(original);
}

/** The parts of a module under both names. */
function originalParts(module: AnyModule): readonly NamePair[] {
  if (module instanceof SelfAttention) return attentionParts;
  if (module instanceof TransformerBlock) return blockParts;
  return module instanceof GroupAttentionNet ? netParts(module) : [];
}

/** Behind the first layers all stand in one list, activations and pools among them. */
function netParts({ layers }: GroupAttentionNet): readonly NamePair[] {
  const parts: NamePair[] = [
    ...attentionParts.map(([original, own]): NamePair => [`lifting_self_attention.${original}`, `lifting.${own}`]),
    ['lifting_normalization', 'lifting_norm'],
  ];
  const listed = [...layers].filter(([name]) => name.startsWith('blocks.') || name === 'head');
  for (const [i, [name, layer]] of listed.entries()) {
    const inside = layer instanceof TransformerBlock ? blockParts : [['', name === 'head' ? 'classes' : ''] as const];
    for (const [original, own] of inside) parts.push([joined('transformer', `${i}`, original), joined(name, own)]);
  }
  return parts;
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('.');

/** The name here of a tensor that the original calls `original`; the same if there is none. `DataParallel` puts `module.` before all. */
function ownName(parts: readonly NamePair[], original: string): string {
  const bare = original.replace(/^module\./, '').replace('.layer_norm.', '.');
  const found = parts.find(([path]) => bare.startsWith(`${path}.`));
  return found === undefined ? bare : found[1] + bare.slice(found[0].length);
}

/**
 * The original's tensors under the names and in the layouts here. Maps there are convolutions of one tap, [outputs, inputs, 1, 1]: the last axes go. Channels of heads stand
 * there channel by channel, c heads + head, and here head by head, head mid + c: the rows of `query`, `key` and `value` and the columns of `wout` change places.
 */
export function fromOriginal(module: AnyModule, tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const parts = originalParts(module);
  const modules = module.modules();
  return scope(() => {
    const found = new Map<string, Tensor>();
    for (const [original, value] of tensors) {
      const name = ownName(parts, original);
      if (isNeeded(original)) found.set(name, arranged(modules, name, value));
    }
    return found;
  });
}

/** Whether it is a convolution [outputs, inputs, 1, ...]. */
function isOneTap({ rank, shape }: Tensor): boolean {
  return rank > 2 && shape.slice(2).every((extent) => extent === 1);
}

function arranged(modules: ReadonlyMap<string, AnyModule>, name: string, value: Tensor): Tensor {
  const [, path = '', map = ''] = /^(?:(.*)\.)?(\w+)\.\w+$/.exec(name) ?? [];
  const attention = modules.get(path);
  const flat = isOneTap(value) ? reshape(value, value.shape.slice(0, 2)) : value;
  if (!(attention instanceof SelfAttention)) return flat;
  const { heads, mid } = attention;
  if (map === 'output' && flat.rank === 2 && flat.shape[1] === heads * mid) {
    const columns = reshape(flat, [flat.shape[0] as number, mid, heads]);
    return reshape(transpose(columns, [0, 2, 1]), flat.shape);
  }
  if (!['query', 'key', 'value'].includes(map) || flat.shape[0] !== heads * mid) return flat;
  const rows = reshape(flat, [mid, heads, flat.size / (heads * mid)]);
  return reshape(transpose(rows, [1, 0, 2]), flat.shape);
}
