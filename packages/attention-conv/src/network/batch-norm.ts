/** Batch norm in evaluation is an affine map of each channel, which goes into the layer before it. */
import { requireFrom } from '@saccade/tensor';
import { UnsupportedError } from '../unsupported-error.js';
import type { BatchNormLayer } from './layer-list.js';
import type { Weights } from './weights.js';

/** y = scale x + shift in each channel. */
export interface ChannelMap {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * scale = weight / sqrt(running_var + eps), shift = bias - scale running_mean.
 * @throws {UnsupportedError} in training mode, and without running statistics @throws {ShapeError} for another number of channels
 */
export function readBatchNorm(op: string, layer: BatchNormLayer, weights: Weights, channels: number): ChannelMap {
  const { name, eps = 1e-5, training = false } = layer;
  requireFrom(op, 'eps', eps);
  if (training !== false) {
    throw new UnsupportedError(`${op}: ${name} normalises by the batch: only batch norm in evaluation is a fixed map`);
  }
  const mean = weights.perOutput(`${name}.running_mean`, channels);
  const variance = weights.perOutput(`${name}.running_var`, channels);
  if (mean === undefined || variance === undefined) {
    throw new UnsupportedError(
      `${op}: ${name} has no running statistics (running_mean, running_var): it is no fixed map`,
    );
  }
  const weight = weights.perOutput(`${name}.weight`, channels);
  const bias = weights.perOutput(`${name}.bias`, channels);
  const scale = variance.map((v, c) => (weight?.[c] ?? 1) / Math.sqrt(v + eps));
  if (!scale.every(Number.isFinite)) {
    throw new UnsupportedError(`${op}: ${name} divides by the root of a variance that is not above 0`);
  }
  return { scale, shift: mean.map((m, c) => (bias?.[c] ?? 0) - scale[c]! * m) };
}

/** The weight [..., outputs] and bias of a map whose outputs go through another one. */
export function fold(
  { weight, bias }: { readonly weight: Float64Array; readonly bias: Float64Array | undefined },
  { scale, shift }: ChannelMap,
): { readonly weight: Float64Array; readonly bias: Float64Array } {
  const outputs = scale.length;
  return {
    weight: weight.map((w, i) => w * scale[i % outputs]!),
    bias: shift.map((s, o) => s + (bias?.[o] ?? 0) * scale[o]!),
  };
}
