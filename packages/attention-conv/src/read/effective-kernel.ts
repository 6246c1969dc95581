/** The convolution kernel that a position-only layer amounts to. */
import { matmul, reshape, scope, type Tensor, transpose } from '@saccade/tensor';
import type { PositionAttention } from '../layers/position-attention.js';

/**
 * k[o, c, d] = sum_h p_h(d) W^h[c, o]: [outputs, inputs, ...], 2 radius + 1 taps along each axis, as PyTorch keeps kernels. The weights p are those of a
 * query in the middle of an image of that size: exact for it, and for larger images as far as no head looks further.
 */
export function effectiveKernel(layer: PositionAttention, radius: number): Tensor {
  return scope(() => kernelOf(layer.probabilities(radius), layer.maps()));
}

/** sum_h p_h W^h of weights [heads, ...taps] and maps [heads, inputs, outputs]: [outputs, inputs, ...taps]. */
export function kernelOf(p: Tensor, maps: Tensor): Tensor {
  const [heads, inputs, outputs] = maps.shape as [number, number, number];
  const taps = p.shape.slice(1);
  const flat = reshape(p, [heads, taps.reduce((a, b) => a * b, 1)]);
  const sums = matmul(reshape(maps, [heads, inputs * outputs]), flat, { transposeA: true });
  const kernel = reshape(sums, [inputs, outputs, ...taps]);
  return transpose(kernel, [1, 0, ...taps.map((_, i) => i + 2)]);
}
