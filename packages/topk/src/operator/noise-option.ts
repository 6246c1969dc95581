/** The noise that a call of topK perturbs with: drawn from its generator, or given. */
import {
  cast,
  DTypeError,
  deviceOf,
  isTensor,
  OptionError,
  quote,
  Rng,
  requireShape,
  ShapeError,
  show,
  type Tensor,
} from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';
import { drawnNoise, givenNoise, type Noise } from './noise.js';
import { warnOnce } from './warn-once.js';

/** Standard normal or Gumbel noise; or the noise itself [batch, samples, n], taken as normal. */
export type NoiseOption = NoiseKind | Tensor;

/** @throws {OptionError} unless it is a kind or a tensor */
export function checkNoise(op: string, noise: NoiseOption): void {
  if (noise === 'normal' || noise === 'gumbel' || isTensor(noise)) return;
  throw new OptionError(`${op}: noise must be 'normal', 'gumbel' or a tensor [batch, samples, n], got ${quote(noise)}`);
}

/**
 * The noise of `samples` samples for each row of scores [batch, n]. Without a generator one of a fixed seed is used, and a warning given once.
 * @throws {ShapeError} for given noise of another shape @throws {OptionError} if it holds NaN or Infinity (on CPU devices)
 */
export function noiseOf(
  op: string,
  noise: NoiseOption,
  kind: NoiseKind,
  rng: Rng | undefined,
  scores: Tensor,
  samples: number,
): Noise {
  const [batch, n] = requireShape(op, 'scores', scores, ['batch', 'n']);
  if (isTensor(noise)) {
    const fits = noise.rank === 3 && noise.shape[0] === batch && noise.shape[1] === samples && noise.shape[2] === n;
    if (!fits) {
      throw new ShapeError(
        `${op}: noise must be [batch, samples, n] = ${show([batch, samples, n])}, got ${show(noise.shape)}`,
      );
    }
    deviceOf(op, scores, noise);
    if (noise.dtype !== 'float32' && noise.dtype !== 'float64') {
      throw new DTypeError(`${op}: noise must be float32 or float64, got ${noise.dtype}`);
    }
    if (noise.device.readSync !== undefined && !noise.dataSync().every(Number.isFinite)) {
      throw new OptionError(`${op}: the given noise holds NaN or Infinity`);
    }
    return givenNoise(noise.dtype === scores.dtype ? noise : cast(noise, scores.dtype), kind);
  }
  if (rng === undefined) {
    warnOnce(`${op}: no rng was passed, so every call draws the same noise; pass { rng: new Rng(seed) }`);
  }
  return drawnNoise(rng ?? new Rng(0), kind, batch * samples, n);
}
