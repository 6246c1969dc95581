/** What several samples say together about one layer. */
import type { DType } from '@saccade/tensor';
import type { Measures } from './measures.js';

/** A number over samples. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation over samples, with n - 1; NaN for one sample. */
  readonly deviation: number;
  /** That of each sample. */
  readonly values: readonly number[];
}

/** The tokens of one layer. Its numbers are explained at `Measures`. */
export interface CurvePoint {
  /** 0: before the first layer. */
  readonly layer: number;
  readonly ratio: Spread;
  readonly residual: Spread;
  readonly norm: Spread;
  readonly frobenius: Spread;
  readonly cosine: Spread;
  readonly stableRank?: Spread;
  readonly entropyRank?: Spread;
  /** Singular values of each sample, descending. */
  readonly spectra?: readonly (readonly number[])[];
  /** Whether the ratio of a sample is less than 64 times the rounding of its states: it can be anything below. */
  readonly atFloor: boolean;
  /** Whether a sample is all zeros, or one token alone: its ratio is 0 by definition. */
  readonly degenerate: boolean;
  /**
   * How often a norm of the layer before multiplied a token by more than 1e4, as its channels were nearly alike: what such a token says is mostly rounding. Padding
   * does not count, and a norm whose epsilon is above 1e-8 cannot get there.
   */
  readonly amplified: number;
}

/** The ratio below which rounding decides. */
export function floorOf(dtype: DType): number {
  return 64 * (dtype === 'float64' ? 2 ** -52 : 2 ** -23);
}

/** Mean and standard deviation. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : Number.NaN, values };
}

/** @internal */
export function pointOf(layer: number, samples: readonly Measures[], dtype: DType, amplified: number): CurvePoint {
  const over = (f: (m: Measures) => number): Spread => spreadOf(samples.map(f));
  const ranked = samples.every(({ spectrum }) => spectrum !== undefined);
  const degenerate = samples.some(({ norm, tokens }) => norm === 0 || tokens === 1);
  return {
    layer,
    ratio: over(({ ratio }) => ratio),
    residual: over(({ residual }) => residual),
    norm: over(({ norm }) => norm),
    frobenius: over(({ frobenius }) => frobenius),
    cosine: over(({ cosine }) => cosine),
    ...(ranked && {
      stableRank: over(({ stableRank }) => stableRank as number),
      entropyRank: over(({ entropyRank }) => entropyRank as number),
      spectra: samples.map(({ spectrum }) => spectrum as readonly number[]),
    }),
    atFloor: samples.some(({ ratio, norm, tokens }) => norm > 0 && tokens > 1 && ratio < floorOf(dtype)),
    degenerate,
    amplified,
  };
}
