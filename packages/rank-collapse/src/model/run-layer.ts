/** The forward pass of one layer, attention first, then the perceptron. */
import { add, scope, type Tensor } from '@saccade/tensor';
import { attend } from './attend.js';
import type { LayerWeights, NormWeights } from './layer-weights.js';
import { applyMlp } from './mlp.js';
import { applyNorm } from './norm.js';

/** A part of the network: [batch, tokens, channels] -> the same. */
export type Part = (x: Tensor) => Tensor;

/** Sees what each norm is about to norm: x [batch, tokens, channels]. */
export type NormWatcher = (x: Tensor, norm: NormWeights) => void;

/** One part of a layer, with what is around it. */
interface Block {
  readonly part: Part;
  readonly skip: boolean;
  readonly order: 'pre' | 'post';
  readonly norm: NormWeights | undefined;
  readonly watch: NormWatcher | undefined;
}

/** x + part(x), normed before or behind. */
function runBlock(x: Tensor, { part, skip, order, norm, watch }: Block): Tensor {
  const normed = (y: Tensor): Tensor => {
    if (norm === undefined) return y;
    watch?.(y, norm);
    return applyNorm(y, norm);
  };
  return scope(() => {
    const out = part(order === 'pre' ? normed(x) : x);
    const sum = skip ? add(x, out) : out;
    return order === 'post' ? normed(sum) : sum;
  });
}

/** The layer's tokens behind its attention, before its perceptron. */
function attentionBlock(x: Tensor, layer: LayerWeights, part: Part, watch?: NormWatcher): Tensor {
  const { skip = true, order, norms } = layer;
  return runBlock(x, { part, skip, order, norm: norms?.attention, watch });
}

/** The layer's output from its tokens behind attention. */
function mlpBlock(x: Tensor, layer: LayerWeights, watch?: NormWatcher): Tensor {
  const { mlp, mlpSkip = true, order, norms } = layer;
  if (mlp === undefined) return x;
  return runBlock(x, { part: (y) => applyMlp(y, mlp), skip: mlpSkip, order, norm: norms?.mlp, watch });
}

/**
 * x [batch, tokens, channels] -> the same.
 * @param keyMask bool [batch, tokens]: false for padding @param watch sees what the norms norm
 */
export function runLayer(x: Tensor, layer: LayerWeights, keyMask?: Tensor, watch?: NormWatcher): Tensor {
  return scope(() => {
    const attended = attentionBlock(x, layer, (y) => attend(y, layer.attention, keyMask), watch);
    return mlpBlock(attended, layer, watch);
  });
}
