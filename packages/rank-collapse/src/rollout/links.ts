/** Layers of attention as links between tokens: what a token takes from others, and what it keeps of itself. */
import {
  add,
  div,
  eye,
  greaterEqual,
  isTensor,
  max,
  maximum,
  mean,
  min,
  mul,
  OptionError,
  quote,
  requireOneOf,
  requireShape,
  requireWithin,
  reshape,
  scope,
  sort,
  sum,
  type Tensor,
  where,
} from '@saccade/tensor';

/** How the heads of a layer are put together. */
export type HeadFusion = 'mean' | 'max' | 'min';

/** Options of rollout and flow. */
export interface RolloutOptions {
  /** One matrix of the heads of a layer: their mean (default, as Abnar and Zuidema), or their greatest or least weight on each token. */
  readonly heads?: HeadFusion | undefined;
  /** Share r of the skip in (1 - r) A + r I, in [0, 1]. Default 0.5. */
  readonly residual?: number | undefined;
  /** Share of the weakest links of each layer that are left out, in [0, 1). Links as strong as the weakest that stays also stay. Default 0. */
  readonly discard?: number | undefined;
}

/** The options by name. */
export const rolloutNames = ['heads', 'residual', 'discard'] as const;

/** A layer: row i of `others` and of `own` together sum to 1, unless token i has no link at all, which leaves zeros. */
export interface Links {
  /** [tokens, tokens]. */
  readonly others: Tensor;
  /** [tokens, 1]. */
  readonly own: Tensor;
}

/**
 * The links of each layer, D (1 - r) A and D r with rows scaled by D to sum to 1.
 * @param attention [heads, tokens, tokens] of each layer
 * @throws {OptionError} @throws {ShapeError}
 */
export function linksOf(op: string, attention: readonly Tensor[], options: RolloutOptions): Links[] {
  const { heads = 'mean', residual = 0.5, discard = 0 } = options;
  if (!Array.isArray(attention) || attention.length === 0) {
    throw new OptionError(
      `${op}: attention must be tensors [heads, tokens, tokens], one or more, got ${quote(attention)}`,
    );
  }
  requireOneOf(op, 'heads', heads, ['mean', 'max', 'min']);
  requireWithin(op, 'residual', residual, 0, 1);
  requireWithin(op, 'discard', discard, 0, 1);
  if (discard === 1) throw new OptionError(`${op}: discard must be below 1, got 1`);
  const tokens = isTensor(attention[0]) ? attention[0].shape.at(-1) : 'tokens';
  for (const [layer, weights] of attention.entries()) {
    requireShape(op, `attention of layer ${layer + 1}`, weights, ['heads', tokens ?? 'tokens', tokens ?? 'tokens']);
  }
  return attention.map((weights) =>
    scope(() => {
      const fused = { mean, max, min }[heads](weights, { axis: 0 });
      const kept = discard === 0 ? fused : withoutWeakest(fused, discard);
      const others = mul(kept, 1 - residual);
      // A row without a link stays zeros rather than become NaN.
      const whole = maximum(add(sum(others, { axis: -1, keepDims: true }), residual), 1e-30);
      return { others: div(others, whole), own: div(residual, whole) };
    }),
  );
}

/** As vit-explain: the weakest of all links of the layer, wherever they are. */
function withoutWeakest(weights: Tensor, share: number): Tensor {
  const ordered = sort(reshape(weights, [weights.size])).values;
  const weakest = ordered.at(Math.floor(share * weights.size));
  return where(greaterEqual(weights, weakest), weights, 0);
}

/** D ((1 - r) A + r I). */
export function joined({ others, own }: Links): Tensor {
  return scope(() => {
    const tokens = others.shape[0] as number;
    return add(others, mul(eye(tokens, { dtype: others.dtype, device: others.device }), own));
  });
}
