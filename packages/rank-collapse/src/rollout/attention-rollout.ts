/** Attention rollout (Abnar and Zuidema 2020): how much of each input token each token of a layer is made of, if values are left aside. */
import {
  add,
  checkOptions,
  concat,
  expandDims,
  eye,
  matmul,
  mul,
  scope,
  stack,
  type Tensor,
  zeros,
} from '@saccade/tensor';
import { joined, linksOf, type RolloutOptions, rolloutNames } from './links.js';

/**
 * R_l = ((1 - r) A_l + r I) R_(l-1) from R_0 = I, with the heads of a layer fused to A_l and rows scaled to sum to 1. This is the sum over all paths of the
 * path decomposition with W_h = I / heads in each layer, and skips: the products of attention alone, later layers on the left. Differentiable.
 * @param attention [heads, tokens, tokens] of each layer, the first one first
 * @param options `heads`: 'mean' (default), 'max' or 'min'; `residual` r, default 0.5; `discard`, default 0
 * @returns [layers, tokens, tokens]: rows are tokens after the layer, columns input tokens, and rows sum to 1. A token that sees nothing, where r = 0, has zeros
 * @throws {OptionError} for options out of range, and no layer @throws {ShapeError} unless all layers have the same tokens
 */
export function attentionRollout(attention: readonly Tensor[], options: RolloutOptions = {}): Tensor {
  const op = 'attentionRollout';
  checkOptions(op, options, rolloutNames);
  return scope(() => {
    const [first, ...others] = linksOf(op, attention, options).map(joined) as [Tensor, ...Tensor[]];
    const rolled = [first];
    for (const layer of others) rolled.push(matmul(layer, rolled.at(-1)!));
    return stack(rolled);
  });
}

/**
 * The rollout at the last layer by path length: element k is the part that came through attention in k layers and by skips in the others,
 * Y_k^l = r Y_k^(l-1) + (1 - r) A_l Y_(k-1)^(l-1) from Y_0^0 = I. What the parts sum to is the rollout; for uniform attention their rows sum to the binomial
 * probabilities of k in layers with 1 - r.
 * @param attention as of {@link attentionRollout} @param options as there
 * @returns [layers + 1, tokens, tokens]
 * @throws as it does
 */
export function rolloutByLength(attention: readonly Tensor[], options: RolloutOptions = {}): Tensor {
  const op = 'rolloutByLength';
  checkOptions(op, options, rolloutNames);
  return scope(() => {
    const links = linksOf(op, attention, options);
    const { shape, dtype, device } = links[0]!.others;
    const tokens = shape[0] as number;
    const nothing = zeros([1, tokens, tokens], { dtype, device });
    let byLength: Tensor = expandDims(eye(tokens, { dtype, device }), 0);
    for (const { others, own } of links) {
      const through = concat([nothing, matmul(others, byLength)], 0);
      const past = concat([mul(byLength, own), nothing], 0);
      byLength = add(through, past);
    }
    return byLength;
  });
}
