/** The signals of one layer by which the loss of rank is seen coming (Noci et al. 2022; Giorlandino and Goldt 2025; Nait Saada et al. 2025). */
import { type DType, type Matrix, OptionError } from '@saccade/tensor';
import { compositeOf } from '../residual/host-norms.js';
import { centredOn } from '../residual/host-residual.js';
import { meanCosine } from '../residual/ranks.js';
import { spectralGap } from './spectral-gap.js';
import { tokenRanks } from './token-ranks.js';

/** What is looked at in one layer, on the host. */
export interface LayerStates {
  /** 0: the tokens before the first layer. */
  readonly layer: number;
  /** The tokens after the layer, without padding: [tokens, channels] of each sample, at least one. */
  readonly tokens: readonly Matrix[];
  /** P of each sample and head, without padding: [tokens, tokens], rows that sum to 1. Default: not known. */
  readonly attention?: readonly Matrix[] | undefined;
  /** |dW_Q|_F / |dW_V|_F. Default: not known. */
  readonly gradientRatio?: number | undefined;
  /** Element type that the tokens were computed in. Default float32. */
  readonly dtype?: DType | undefined;
}

/** Signals of one layer: means over samples, and over heads. Plain numbers, all finite. */
export interface LayerSignals {
  /** 0: the tokens before the first layer. */
  readonly layer: number;
  /** Of the longest sample, without padding. */
  readonly tokens: number;
  /** |res(X)|_{1,inf} / |X|_{1,inf} with the mean as centre: 0 where tokens are one and the same. */
  readonly ratio: number;
  /** 64 eps sqrt(tokens): a ratio below is rounding. */
  readonly floor: number;
  /** Whether the ratio is below the floor: it says no more than that, and no law may be fitted through it. */
  readonly atFloor: boolean;
  /** Whether a sample has one token alone, or zeros: its ratio is 0 by definition. */
  readonly degenerate: boolean;
  /** Mean cosine of two different tokens. */
  readonly cosine: number;
  /** |X|_F^2 / s_1^2. */
  readonly stableRank: number;
  /** exp of the entropy of the singular values. */
  readonly entropyRank: number;
  /** Entropy of a row of P, in nats. */
  readonly attentionEntropy?: number;
  /** The same as a share of log tokens, that of uniform attention; of samples with at least two tokens. */
  readonly relativeEntropy?: number;
  /** 1 - |second eigenvalue of P|. */
  readonly spectralGap?: number;
  /** |dW_Q|_F / |dW_V|_F: near 0 queries and keys no longer learn. */
  readonly gradientRatio?: number;
}

/** Spacing of numbers near 1. */
function epsilonOf(dtype: DType): number {
  return dtype === 'float64' ? 2 ** -52 : 2 ** -23;
}

/**
 * The signals of a layer.
 * @throws {OptionError} naming the layer, for tokens that are not finite, and for rows of attention that do not sum to 1
 */
export function signalsOf({ layer, tokens, attention, gradientRatio, dtype = 'float32' }: LayerStates): LayerSignals {
  for (const { data } of tokens) {
    const bad = data.find((value) => !Number.isFinite(value));
    if (bad !== undefined)
      throw new OptionError(`signalsOf: hidden states of layer ${layer} must be finite, got ${bad}`);
  }
  const longest = Math.max(...tokens.map(({ rows }) => rows));
  const ratio = meanOf(tokens.map(ratioOf));
  const floor = 64 * epsilonOf(dtype) * Math.sqrt(longest);
  const ranks = tokens.map(tokenRanks);
  return {
    layer,
    tokens: longest,
    ratio,
    floor,
    atFloor: longest > 1 && ratio < floor,
    degenerate: tokens.some(({ rows, data }) => rows < 2 || data.every((value) => value === 0)),
    cosine: meanOf(tokens.map(meanCosine)),
    stableRank: meanOf(ranks.map(({ stableRank }) => stableRank)),
    entropyRank: meanOf(ranks.map(({ entropyRank }) => entropyRank)),
    ...(attention !== undefined && attention.length > 0 && attentionSignals(layer, attention)),
    ...(gradientRatio !== undefined && { gradientRatio }),
  };
}

function ratioOf(x: Matrix): number {
  const whole = compositeOf(x);
  return whole === 0 ? 0 : compositeOf(centredOn(x, 'mean')) / whole;
}

function attentionSignals(
  layer: number,
  attention: readonly Matrix[],
): Pick<LayerSignals, 'attentionEntropy' | 'relativeEntropy' | 'spectralGap'> {
  for (const weights of attention) requireRows(layer, weights);
  const entropies = attention.map(rowEntropy);
  const relative = entropies.flatMap((entropy, i) => {
    const keys = attention[i]!.columns;
    return keys > 1 ? [entropy / Math.log(keys)] : [];
  });
  return {
    attentionEntropy: meanOf(entropies),
    ...(relative.length > 0 && { relativeEntropy: meanOf(relative) }),
    spectralGap: meanOf(attention.map(spectralGap)),
  };
}

/** What rows may be from 1, as of half precision. */
const rowTolerance = 1e-2;

function requireRows(layer: number, { rows, columns, data }: Matrix): void {
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += data[i * columns + j]!;
    if (Math.abs(sum - 1) <= rowTolerance) continue;
    throw new OptionError(
      `signalsOf: attention of layer ${layer} must have rows that sum to 1, got ${sum} in row ${i}: no fully masked row, no dropout, no scores`,
    );
  }
}

/** Mean over rows of -sum p log p. */
function rowEntropy({ rows, data }: Matrix): number {
  return data.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0) / rows;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
