/** The forward pass of a layer that holds it fast. */
import { add, broadcastTo, reshape, scope, type Tensor } from '@saccade/tensor';
import { applyMap, repeatHeads, weightsOf } from '../model/attend.js';
import type { AttentionWeights, LayerWeights } from '../model/layer-weights.js';
import { applyMlp } from '../model/mlp.js';
import { applyFrozenNorm, applyNorm, type FrozenNorm, normScales } from '../model/norm.js';
import { attendFrozen, type FrozenLayer, finish, type Injection, pastMlp } from './frozen-layer.js';

/** A layer and its output. */
export interface Frozen {
  readonly layer: FrozenLayer;
  /** X^l: [tokens, channels]. */
  readonly output: Tensor;
}

/** @param x X^(l-1): [tokens, channels] */
export function freezeLayer(x: Tensor, weights: LayerWeights, index: number): Frozen {
  return scope(() => {
    const { order, attention, skip = true, mlpSkip = true, mlp, norms } = weights;
    const { value, output, heads, keyValueHeads = heads } = attention;
    const before = norms?.attention !== undefined && order === 'pre' ? applyNorm(x, norms.attention) : x;
    const p = weightsOf(reshape(before, [1, ...before.shape]), attention).at(0);
    const frozen = {
      index,
      order,
      weights: p,
      value: value.weight,
      output: output.weight,
      keyValueHeads,
      skip,
      read: before,
    };
    const bias = attentionBias(attention, x);
    // The rows that the norms see are those of the forward pass.
    const plain: FrozenLayer = { ...frozen, mlpSkip: true, injections: [] };
    const mixed = attendFrozen(plain, reshape(before, [1, ...x.shape])).at(0);
    const attended = bias === undefined ? mixed : add(mixed, bias);
    const sum = skip ? add(x, attended) : attended;
    const attentionNorm = norms?.attention && {
      norm: norms.attention,
      scales: normScales(order === 'pre' ? x : sum, norms.attention),
    };
    const middle = order === 'post' && norms?.attention !== undefined ? applyNorm(sum, norms.attention) : sum;
    const inner =
      mlp && applyMlp(order === 'pre' && norms?.mlp !== undefined ? applyNorm(middle, norms.mlp) : middle, mlp);
    const both = inner === undefined ? middle : mlpSkip ? add(middle, inner) : inner;
    const normed = order === 'post' && inner !== undefined ? norms?.mlp : undefined;
    const mlpNorm = normed && { norm: normed, scales: normScales(both, normed) };
    const layer = { ...frozen, mlpSkip: inner === undefined || mlpSkip, attentionNorm, mlpNorm, injections: [] };
    return {
      layer: { ...layer, injections: injectionsOf(layer, bias, inner) },
      output: normed === undefined ? both : applyNorm(both, normed),
    };
  });
}

/** b_O + sum_h b_V,h W_O,h, the same for each token as rows of P sum to 1: [tokens, channels]; undefined where there is no bias. */
function attentionBias(
  { value, output, heads, keyValueHeads = heads }: AttentionWeights,
  like: Tensor,
): Tensor | undefined {
  if (value.bias === undefined && output.bias === undefined) return undefined;
  const bias = value.bias;
  return scope(() => {
    if (bias === undefined) return broadcastTo(output.bias as Tensor, like.shape);
    const dims = bias.size / keyValueHeads;
    const all = reshape(repeatHeads(reshape(bias, [1, keyValueHeads, 1, dims]), heads / keyValueHeads), [
      1,
      heads * dims,
    ]);
    return broadcastTo(applyMap(all, output), like.shape);
  });
}

/** All that the layer adds by itself, as it arrives at the output. */
function injectionsOf(layer: FrozenLayer, bias: Tensor | undefined, mlp: Tensor | undefined): Injection[] {
  const { order, attentionNorm, mlpNorm, read } = layer;
  const found: Injection[] = [];
  if (bias !== undefined) found.push({ source: 'attention bias', length: 0, states: finish(layer, bias) });
  if (mlp !== undefined) {
    found.push({ source: 'mlp', length: 0, states: mlpNorm === undefined ? mlp : applyFrozenNorm(mlp, mlpNorm) });
  }
  const shift = shiftOf(attentionNorm, read);
  if (shift !== undefined && order === 'post') {
    found.push({ source: 'norm shift', length: 0, states: pastMlp(layer, shift) });
  }
  if (shift !== undefined && order === 'pre') {
    const through = attendFrozen({ ...layer, attentionNorm: undefined }, reshape(shift, [1, ...shift.shape])).at(0);
    found.push({ source: 'norm shift', length: 1, states: finish(layer, through) });
  }
  const last = shiftOf(mlpNorm, read);
  if (last !== undefined) found.push({ source: 'norm shift', length: 0, states: last });
  return found;
}

/** beta of a norm for each token; undefined where there is none. */
function shiftOf(norm: FrozenNorm | undefined, like: Tensor): Tensor | undefined {
  return norm?.norm.shift === undefined ? undefined : broadcastTo(norm.norm.shift, like.shape);
}
