/** Self-attention of one layer, and its weights P. */
import { joinHeads, splitHeads } from '@saccade/nn';
import {
  type AttentionOptions,
  add,
  attention,
  attentionWeights,
  greater,
  logicalAnd,
  matmul,
  range,
  reshape,
  scope,
  sub,
  type Tensor,
  tile,
} from '@saccade/tensor';
import type { AttentionWeights, LinearMap } from './layer-weights.js';
import { applyNorm } from './norm.js';
import { relativeBias } from './relative-bias.js';
import { turn } from './rotary.js';

/** x W^T + b: [..., in] -> [..., out]. */
export function applyMap(x: Tensor, { weight, bias }: LinearMap): Tensor {
  if (bias === undefined) return matmul(x, weight, { transposeB: true });
  return scope(() => add(matmul(x, weight, { transposeB: true }), bias));
}

/** Queries and keys of each head, ready for their product: [batch, heads, tokens, dims] each. */
function queriesAndKeys(x: Tensor, weights: AttentionWeights): [Tensor, Tensor] {
  const { query, key, heads, keyValueHeads = heads, rotary, queryKeyNorm } = weights;
  const prepare = (map: LinearMap, own: number, norm: 'query' | 'key'): Tensor => {
    const split = splitHeads(applyMap(x, map), own);
    const normed = queryKeyNorm === undefined ? split : applyNorm(split, queryKeyNorm[norm]);
    return repeatHeads(rotary === undefined ? normed : turn(normed, rotary), heads / own);
  };
  return [prepare(query, heads, 'query'), prepare(key, keyValueHeads, 'key')];
}

/** Each head as often as queries share it: [batch, heads, tokens, dims] -> [batch, times heads, tokens, dims]. */
export function repeatHeads(x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const [batch, heads, tokens, dims] = x.shape as [number, number, number, number];
  return scope(() =>
    reshape(tile(reshape(x, [batch, heads, 1, tokens, dims]), [1, 1, times, 1, 1]), [
      batch,
      heads * times,
      tokens,
      dims,
    ]),
  );
}

/** What shapes the scores beside queries and keys. @param keyMask bool [batch, tokens]: false for padding */
function scoreOptions(x: Tensor, weights: AttentionWeights, keyMask: Tensor | undefined): AttentionOptions {
  const { scale, causal, window, relative } = weights;
  const [batch, tokens] = x.shape as [number, number];
  const padding = keyMask === undefined ? undefined : reshape(keyMask, [batch, 1, 1, tokens]);
  const near = window === undefined || window >= tokens ? undefined : within(window, tokens, x);
  const mask = padding !== undefined && near !== undefined ? logicalAnd(padding, near) : (padding ?? near);
  return {
    causal,
    ...(scale !== undefined && { scale }),
    ...(mask !== undefined && { mask }),
    ...(relative !== undefined && { bias: relativeBias(relative, tokens) }),
  };
}

/** Whether a key is less than `window` tokens behind its query: [tokens, tokens]. */
function within(window: number, tokens: number, { device }: Tensor): Tensor {
  const place = range(0, tokens, 1, { device });
  return greater(place, sub(reshape(place, [tokens, 1]), window));
}

/** P of each head: x [batch, tokens, channels] -> [batch, heads, query, key]. */
export function weightsOf(x: Tensor, weights: AttentionWeights, keyMask?: Tensor): Tensor {
  return scope(() => {
    const [query, key] = queriesAndKeys(x, weights);
    return attentionWeights(query, key, scoreOptions(x, weights, keyMask));
  });
}

/** The layer's attention without holding P: x [batch, tokens, channels] -> the same. */
export function attend(x: Tensor, weights: AttentionWeights, keyMask?: Tensor): Tensor {
  const { value, output, heads, keyValueHeads = heads } = weights;
  return scope(() => {
    const [query, key] = queriesAndKeys(x, weights);
    const values = repeatHeads(splitHeads(applyMap(x, value), keyValueHeads), heads / keyValueHeads);
    return applyMap(joinHeads(attention(query, key, values, scoreOptions(x, weights, keyMask))), output);
  });
}
