/** How much attention weight misses its target: the theta function and the bounds that follow. */

/**
 * theta(alpha) = 1 + 2 sum_{n >= 1} e^(-alpha n^2): the weights of one axis when the target is 1. Infinite for alpha 0.
 * Below 1 the sum is taken in its mirrored form, sqrt(pi / alpha) theta(pi^2 / alpha), which is as short.
 */
export function theta(alpha: number): number {
  if (alpha === 0) return Number.POSITIVE_INFINITY;
  if (alpha < 1) return Math.sqrt(Math.PI / alpha) * (1 + 2 * tail(Math.PI ** 2 / alpha));
  return 1 + 2 * tail(alpha);
}

/** tau(alpha) = sum_{n >= 1} e^(-alpha n^2), for alpha > 0. */
export function tail(alpha: number): number {
  if (alpha < 1) return (theta(alpha) - 1) / 2;
  let sum = 0;
  for (let n = 1; n < 40; n++) {
    const term = Math.exp(-alpha * n * n);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum;
}

/** The share of a head's weight that misses a target on the grid, at most: 1 - theta^-dims, near 2 dims e^-alpha. */
export function missedShare(alpha: number, dims: number): number {
  if (alpha === 0) return 1;
  // In terms of theta - 1, which does not cancel when it is small.
  return -Math.expm1(-dims * Math.log1p(2 * tail(alpha)));
}

/**
 * The same with a sink of logit -alpha / 2, for targets inside (where the sink takes some) and outside (where pixels do); near
 * e^(-alpha / 2).
 */
export function missedShareWithSink(alpha: number, dims: number): number {
  if (alpha === 0) return 1;
  const excess = Math.expm1(dims * Math.log1p(2 * tail(alpha)));
  if (excess === Number.POSITIVE_INFINITY) return 1;
  const sink = Math.exp(-alpha / 2);
  const inside = (excess + sink) / (1 + excess + sink);
  // The nearest pixels are one away along one axis at least: tau theta^(dims - 1).
  const pixels = tail(alpha) * theta(alpha) ** (dims - 1);
  const outside = pixels / (pixels + sink);
  return Math.max(inside, outside);
}
