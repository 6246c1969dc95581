/** Attention whose heads mix one query and one key: scores S[h, t, s] = sum_r Q[t, r] m[h, r] K[s, r] + c[s, h] (the paper's section 3). */
import {
  add,
  attention,
  attentionWeights,
  checkpoint,
  crop,
  customGrad,
  empty,
  kernelsOn,
  mul,
  reshape,
  ShapeError,
  scope,
  show,
  stack,
  sum,
  type Tensor,
  transpose,
  valueAndGradOf,
} from '@saccade/tensor';
import { collaborativeKernels } from '../kernels/extension.js';

/** What heads share, and what is theirs. */
export interface SharedInputs {
  /** [batch, queries, dims]. */
  readonly query: Tensor;
  /** [heads, dims]. */
  readonly mixing: Tensor;
  /** [batch, keys, dims]. */
  readonly key: Tensor;
  /** [batch, keys, heads]: what a key is worth to a head by itself. */
  readonly contentBias: Tensor | undefined;
}

/** What shapes the scores. */
export interface SharedOptions {
  /** Factor of scores and content biases. */
  readonly scale: number;
  /** bool, broadcasts to [batch, heads, queries, keys]. */
  readonly mask?: Tensor | undefined;
  /** Added to the scores; broadcasts as `mask`. */
  readonly bias?: Tensor | undefined;
  /** Query i sees keys j <= i + keys - queries. */
  readonly causal?: boolean | undefined;
}

/**
 * softmax(scale S + bias) value in each head: value [batch, heads, keys, channels] -> [batch, heads, queries, channels]. On the CPU by one kernel, which never holds
 * the mixed queries of a head, let alone of all; elsewhere head by head. Backward passes go head by head too.
 */
export function sharedAttention(inputs: SharedInputs, value: Tensor, options: SharedOptions): Tensor {
  const { device, dtype } = inputs.query;
  const isFused = device.readSync !== undefined && dtype === 'float32';
  return isFused ? fused(inputs, value, options) : composedAttention(inputs, value, options);
}

/** One kernel forward; backward the gradients of the composed form. */
function fused({ query, mixing, key, contentBias }: SharedInputs, value: Tensor, options: SharedOptions): Tensor {
  const { bias } = options;
  const given = [query, mixing, key, value, ...(contentBias ? [contentBias] : []), ...(bias ? [bias] : [])];
  const unpacked = (all: readonly Tensor[]): [SharedInputs, Tensor, Tensor | undefined] => {
    const [q, m, k, v, ...rest] = all as [Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
    const content = contentBias && rest.shift();
    return [{ query: q, mixing: m, key: k, contentBias: content }, v, rest[0]];
  };
  return customGrad(
    (...all: readonly Tensor[]) => {
      const [inputs, own, added] = unpacked(all);
      return {
        value: fusedForward(inputs, own, { ...options, bias: added }),
        saved: options.mask && [options.mask],
        backward: (dy) => {
          const places = Object.fromEntries(all.map((t, i) => [String(i), t]));
          const [, gradients] = valueAndGradOf(places, () =>
            sum(mul(composedAttention(inputs, own, { ...options, bias: added }), dy)),
          );
          return all.map((_, i) => gradients[String(i)]);
        },
      };
    },
    { name: 'sharedAttention' },
  )(...given);
}

function fusedForward(inputs: SharedInputs, value: Tensor, options: SharedOptions): Tensor {
  const { query, mixing, key, contentBias } = inputs;
  const { scale, mask, bias, causal = false } = options;
  const [batch, queries, dims] = query.shape as [number, number, number];
  const [heads, keys, channels] = [mixing.shape[0], key.shape[1], value.shape[3]] as [number, number, number];
  const out = empty(query.device, query.dtype, [batch, heads, queries, channels]);
  const scores = [batch, heads, queries, keys];
  const sizes = {
    ...{ batch, heads, queries, keys, dims, channels, scale, causal },
    biasStrides: stridesOver('bias', bias, scores),
    maskStrides: stridesOver('mask', mask, scores),
  };
  const kernels = kernelsOn('sharedAttention', query.device, collaborativeKernels);
  kernels.sharedAttention(query, mixing, key, contentBias, value, bias, mask, out, sizes);
  return out;
}

/** Element strides with which a tensor runs over the scores; 0 where it is broadcast. @throws {ShapeError} if it does not broadcast */
function stridesOver(name: string, t: Tensor | undefined, scores: readonly number[]): number[] {
  if (t === undefined) return [];
  const strides = new Array<number>(scores.length).fill(0);
  const lead = scores.length - t.rank;
  const fits = lead >= 0 && t.shape.every((extent, i) => extent === 1 || extent === scores[lead + i]);
  if (!fits)
    throw new ShapeError(`attention: ${name} ${show(t.shape)} does not broadcast to the scores ${show(scores)}`);
  for (let axis = t.rank - 1, step = 1; axis >= 0; step *= t.shape[axis] as number, axis--) {
    if (t.shape[axis] !== 1) strides[lead + axis] = step;
  }
  return strides;
}

/** The same, head by head, by operations that every device has. */
export function composedAttention(inputs: SharedInputs, value: Tensor, options: SharedOptions): Tensor {
  return scope(() => {
    const heads = inputs.mixing.shape[0] as number;
    const outputs = Array.from({ length: heads }, (_, head) => oneHead(inputs, value, options, head));
    return stack(outputs, 1);
  });
}

function oneHead(inputs: SharedInputs, value: Tensor, options: SharedOptions, head: number): Tensor {
  const { row, bias, ...scores } = partsOf(inputs, options, head);
  // Without a bias, none is kept for the backward pass.
  const attend = (query: Tensor, key: Tensor, own: Tensor, mixed: Tensor, ...added: readonly Tensor[]): Tensor =>
    attention(mul(query, mixed), key, own, { ...scores, bias: added[0] });
  const added = bias === undefined ? [] : [bias];
  return checkpoint(attend)(inputs.query, inputs.key, headPart(value, head), row, ...added);
}

/** The weights of all heads: [batch, heads, queries, keys]. */
export function sharedWeights(inputs: SharedInputs, options: SharedOptions): Tensor {
  return scope(() => {
    const heads = inputs.mixing.shape[0] as number;
    const weights = Array.from({ length: heads }, (_, head) => {
      const { row, ...scores } = partsOf(inputs, options, head);
      return attentionWeights(mul(inputs.query, row), inputs.key, scores);
    });
    return stack(weights, 1);
  });
}

/** What one head adds to scores of [batch, queries, keys]. */
function partsOf({ mixing, contentBias }: SharedInputs, { scale, mask, bias, causal }: SharedOptions, head: number) {
  const dims = mixing.shape[1] as number;
  const row = reshape(crop(mixing, [head, 0], [1, dims]), [dims]);
  const own = bias && headPart(bias, head);
  const content = contentBias && mul(contentColumn(contentBias, head), scale);
  const both = own && content ? add(own, content) : (own ?? content);
  return { row, scale, causal, mask: mask && headPart(mask, head), bias: both };
}

/** [batch, keys, heads] -> [batch, 1, keys]. */
function contentColumn(contentBias: Tensor, head: number): Tensor {
  const [batch, keys] = contentBias.shape as [number, number];
  return transpose(crop(contentBias, [0, 0, head], [batch, keys, 1]), [0, 2, 1]);
}

/** Of what broadcasts to [batch, heads, queries, keys] the part of one head. */
function headPart(t: Tensor, head: number): Tensor {
  const axis = t.rank - 3;
  if (axis < 0) return t;
  const extent = t.shape[axis] as number;
  const begin = t.shape.map((_, i) => (i === axis && extent > 1 ? head : 0));
  const size = t.shape.map((own, i) => (i === axis ? 1 : own));
  return reshape(crop(t, begin, size), [...t.shape.slice(0, axis), ...t.shape.slice(axis + 1)]);
}
