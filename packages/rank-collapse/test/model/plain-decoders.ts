/** GPT-2, T5's encoder and Llama with its kin in plain loops: the states before the first layer and behind each. */
import { at, causal, each, linearAttention, linearMlp, type Part, pre, throughAll } from './plain-layers.js';
import {
  columns,
  geluTanh,
  mapped,
  type PlainAttention,
  type PlainWeights,
  plainAttention,
  plus,
  type Rows,
  relu,
  silu,
  times,
} from './plain-math.js';

export function gpt2Forward(w: PlainWeights, ids: readonly number[]): Rows[] {
  const [words, places] = [w.rows('wte.weight'), w.rows('wpe.weight')];
  const layer = (i: number): Part => {
    const path = `h.${i}.`;
    const attention: Part = (x) => {
      const qkv = w.conv1d(x, `${path}attn.c_attn`);
      const options = { heads: 2, sees: causal };
      const mixed = plainAttention(columns(qkv, 0, 16), columns(qkv, 16, 32), columns(qkv, 32, 48), options);
      return w.conv1d(mixed, `${path}attn.c_proj`);
    };
    return pre(
      (x) => w.layerNorm(x, `${path}ln_1`, 1e-5),
      attention,
      (x) => w.layerNorm(x, `${path}ln_2`, 1e-5),
      (x) => w.conv1d(mapped(w.conv1d(x, `${path}mlp.c_fc`), geluTanh), `${path}mlp.c_proj`),
    );
  };
  return throughAll(
    plus(
      ids.map((id) => words[id]!),
      ids.map((_, i) => places[i]!),
    ),
    each(2, layer),
  );
}

/**
 * T5's bucket of the distance from a query to a key, of 32: of each direction 16, the first 8 a distance each, the others in steps that grow with the
 * logarithm up to the largest distance.
 */
export function t5Bucket(distance: number, largest: number): number {
  const direction = distance > 0 ? 16 : 0;
  const far = Math.abs(distance);
  if (far < 8) return direction + far;
  return direction + Math.min(15, 8 + Math.trunc((Math.log(far / 8) / Math.log(largest / 8)) * 8));
}

export function t5Forward(w: PlainWeights, ids: readonly number[], gated: boolean): Rows[] {
  const words = w.rows('shared.weight');
  const table = w.rows('encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight');
  const layer = (i: number): Part => {
    const [one, two] = [`encoder.block.${i}.layer.0.`, `encoder.block.${i}.layer.1.`];
    const options = { heads: 2, scale: 1, bias: (h: number, q: number, k: number) => table[t5Bucket(k - q, 40)]![h]! };
    const dense = `${two}DenseReluDense.`;
    return pre(
      (x) => w.rmsNorm(x, `${one}layer_norm`, 1e-6),
      linearAttention(w, at(`${one}SelfAttention.`, 'q', 'k', 'v', 'o'), options),
      (x) => w.rmsNorm(x, `${two}layer_norm`, 1e-6),
      gated
        ? (x) =>
            w.linear(times(mapped(w.linear(x, `${dense}wi_0`), geluTanh), w.linear(x, `${dense}wi_1`)), `${dense}wo`)
        : linearMlp(w, `${dense}wi`, `${dense}wo`, relu),
    );
  };
  return throughAll(
    ids.map((id) => words[id]!),
    each(2, layer),
  );
}

/** Channels j and j + 4 of 8 turn by the position times the j-th frequency. */
const turned = (x: Rows, frequencies: readonly number[]): Rows =>
  x.map((row, position) =>
    row.map((value, c) => {
      const angle = position * frequencies[c % 4]!;
      const other = c < 4 ? -row[c + 4]! : row[c - 4]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    }),
  );

/** What is particular of a model with Llama's names. */
export interface LlamaKind {
  readonly frequencies: readonly number[];
  readonly window?: readonly number[];
  readonly queryKeyNorm?: boolean;
}

export function llamaForward(
  w: PlainWeights,
  ids: readonly number[],
  { frequencies, window, queryKeyNorm }: LlamaKind,
): Rows[] {
  const words = w.rows('model.embed_tokens.weight');
  const layer = (i: number): Part => {
    const path = `model.layers.${i}.`;
    const most = window?.[i] ?? Number.POSITIVE_INFINITY;
    const options: PlainAttention = {
      heads: 4,
      keyValueHeads: 2,
      sees: (query, key) => key <= query && query - key < most,
      prepare: (x, which) => {
        const name = `${path}self_attn.${which === 'query' ? 'q' : 'k'}_norm`;
        return turned(queryKeyNorm ? w.rmsNorm(x, name, 1e-5) : x, frequencies);
      },
    };
    return pre(
      (x) => w.rmsNorm(x, `${path}input_layernorm`, 1e-5),
      linearAttention(w, at(`${path}self_attn.`, 'q_proj', 'k_proj', 'v_proj', 'o_proj'), options),
      (x) => w.rmsNorm(x, `${path}post_attention_layernorm`, 1e-5),
      (x) =>
        w.linear(
          times(mapped(w.linear(x, `${path}mlp.gate_proj`), silu), w.linear(x, `${path}mlp.up_proj`)),
          `${path}mlp.down_proj`,
        ),
    );
  };
  return throughAll(
    ids.map((id) => words[id]!),
    each(2, layer),
  );
}
