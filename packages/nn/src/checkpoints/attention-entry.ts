/** The entry of one layer's attention. */
import { FormatError, quote } from '@saccade/tensor';
import { configCount, configFlag, configNumber, configValue, configWord, requireConfig } from './config-values.js';
import type { StackPlan } from './stack-plan.js';
import type { AttentionEntry, PositionKind, RotaryEntry, RotaryScaling, WeightEntry } from './transformer-entries.js';
import { normEntry, weightEntry } from './weight-entry.js';

/** @param path of the layer @param i its place in the order of computation @internal */
export function attentionEntry(plan: StackPlan, path: string, i: number): AttentionEntry {
  const { family, names } = plan.stack;
  const { attention } = names;
  const { op, config, heads, keyValueHeads, headWidth, has } = plan;
  const { query, key, value, output, queryNorm, keyNorm } = attention;
  const map = (name: string, index: number): WeightEntry =>
    weightEntry(plan, path + name, query === key ? { index, count: 3 } : undefined);
  const window = windowOf(plan, i);
  const normed = queryNorm !== undefined && keyNorm !== undefined && has(`${path}${queryNorm}.weight`);
  return {
    path: path + attention.path,
    query: map(query, 0),
    key: map(key, 1),
    value: map(value, 2),
    output: weightEntry(plan, path + output),
    heads,
    keyValueHeads,
    headWidth,
    scale: scaleOf(plan, i),
    causal: names.causal || (family === 'bert' && configFlag(op, config, 'is_decoder', false)),
    ...(window !== undefined && { window }),
    ...positionsOf(plan, path),
    ...(normed && { queryKeyNorm: { query: normEntry(plan, path + queryNorm), key: normEntry(plan, path + keyNorm) } }),
  };
}

/** GPT-2 can leave the root out, and divide by the number of the layer. */
function scaleOf({ op, config, stack, headWidth }: StackPlan, i: number): number {
  const rooted = stack.names.scale === 'root' && configFlag(op, config, 'scale_attn_weights', true);
  const depth = configFlag(op, config, 'scale_attn_by_inverse_layer_idx', false) ? i + 1 : 1;
  return (rooted ? 1 / Math.sqrt(headWidth) : 1) / depth;
}

/** Mistral has a window in all layers, Qwen only if it is switched on, from a layer on; newer files list the layers. */
function windowOf({ op, config, stack }: StackPlan, i: number): number | undefined {
  const usual = !configWord(op, config, ['model_type'])?.startsWith('qwen');
  if (stack.names.positions !== 'rotary' || !configFlag(op, config, 'use_sliding_window', usual)) return undefined;
  const window = configCount(op, config, ['sliding_window'], 2 ** 32)?.value;
  const kinds = configValue(config, ['layer_types'])?.value;
  if (Array.isArray(kinds)) return kinds[i] === 'sliding_attention' ? window : undefined;
  const from = configValue(config, ['max_window_layers'])?.value;
  return typeof from === 'number' && i < from ? undefined : window;
}

type Positions = Pick<AttentionEntry, 'positions' | 'rotary' | 'relativeTable' | 'relativeDistance'>;

const bertPositions: Readonly<Record<string, PositionKind>> = {
  absolute: 'none',
  relative_key: 'relative-key',
  relative_key_query: 'relative-key-query',
};

function positionsOf(plan: StackPlan, path: string): Positions {
  const { op, config, stack, paths } = plan;
  const { positions, attention } = stack.names;
  const table = attention.relativeTable;
  if (positions === 'rotary') return { positions, rotary: rotaryOf(plan) };
  if (positions === 'relative-bias') {
    // The first layer's table is for all.
    const relativeDistance = configCount(op, config, ['relative_attention_max_distance'], 2 ** 32)?.value ?? 128;
    return { positions, relativeTable: `${paths[0]}${table}`, relativeDistance };
  }
  if (table === undefined) return { positions };
  const word = configWord(op, config, ['position_embedding_type']) ?? 'absolute';
  const kind = Object.hasOwn(bertPositions, word) ? bertPositions[word] : undefined;
  if (kind === undefined) {
    const known = Object.keys(bertPositions).join(', ');
    throw new FormatError(`${op}: position_embedding_type must be one of ${known}, got ${quote(word)}`);
  }
  return kind === 'none' ? { positions: kind } : { positions: kind, relativeTable: path + table };
}

/** transformers 5 has all in `rope_parameters`; before it was `rope_theta`, and `rope_scaling` for what changes the frequencies. */
function rotaryOf({ op, config, headWidth }: StackPlan): RotaryEntry {
  if (headWidth % 2 !== 0) {
    throw new FormatError(`${op}: rotary positions need an even number of channels in a head, got ${headWidth}`);
  }
  const found = configValue(config, ['rope_parameters', 'rope_scaling']);
  const rope = found === undefined ? {} : requireConfig(op, `${found.name} in the configuration`, found.value);
  const most = 1e15;
  const number = (name: string): number => {
    const value = configNumber(op, rope, [name], most);
    if (value !== undefined) return value;
    throw new FormatError(`${op}: ${found?.name} in the configuration lacks ${name}`);
  };
  const theta =
    configNumber(op, rope, ['rope_theta'], most) ?? configNumber(op, config, ['rope_theta'], most) ?? 10_000;
  const rotary = { width: headWidth, theta, pairs: 'halves' as const };
  const kind = configWord(op, rope, ['rope_type', 'type']) ?? 'default';
  if (kind === 'default') return rotary;
  const scaling: RotaryScaling =
    kind === 'linear'
      ? { kind, factor: number('factor') }
      : kind === 'llama3'
        ? {
            kind,
            factor: number('factor'),
            lowFrequencyFactor: number('low_freq_factor'),
            highFrequencyFactor: number('high_freq_factor'),
            originalPositions: number('original_max_position_embeddings'),
          }
        : { kind: 'other', name: kind };
  return { ...rotary, scaling };
}
