/** Norms along the channels, run and taken apart: a norm whose scales are held fast is linear but for its shift. */
import { add, layerNorm, mean, mul, rsqrt, scope, square, sub, type Tensor, variance } from '@saccade/tensor';
import type { NormWeights } from './layer-weights.js';

/** x [..., channels] -> the same. */
export function applyNorm(x: Tensor, norm: NormWeights): Tensor {
  const { kind, epsilon, gain, shift } = norm;
  return scope(() => {
    if (kind === 'layer') return layerNorm(x, { epsilon, gamma: gain, beta: shift });
    const normal = mul(x, normScales(x, norm));
    const scaled = gain === undefined ? normal : mul(normal, gain);
    return shift === undefined ? scaled : add(scaled, shift);
  });
}

/** D of the norm D (x C) diag(gain) + shift, for each token: x [..., channels] -> [..., 1]. */
export function normScales(x: Tensor, { kind, epsilon }: NormWeights): Tensor {
  return scope(() => {
    const size =
      kind === 'layer' ? variance(x, { axis: -1, keepDims: true }) : mean(square(x), { axis: -1, keepDims: true });
    return rsqrt(add(size, epsilon));
  });
}

/** A norm as it was in a forward pass. */
export interface FrozenNorm {
  readonly norm: NormWeights;
  /** D: [tokens, 1]. */
  readonly scales: Tensor;
}

/** D (x C) diag(gain), with the scales held fast: x [..., tokens, channels] -> the same. */
export function applyFrozenNorm(x: Tensor, { norm: { kind, gain }, scales }: FrozenNorm): Tensor {
  return scope(() => {
    const centred = kind === 'layer' ? sub(x, mean(x, { axis: -1, keepDims: true })) : x;
    const scaled = mul(centred, scales);
    return gain === undefined ? scaled : mul(scaled, gain);
  });
}
