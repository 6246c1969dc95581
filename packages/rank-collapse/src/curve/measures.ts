/** How uniform the tokens of one sample are, measured on the host in float64. */
import { type DType, type Matrix, matrix } from '@saccade/tensor';
import { compositeOf } from '../residual/host-norms.js';
import { centredOn } from '../residual/host-residual.js';
import { meanCosine, ranksOf } from '../residual/ranks.js';
import type { Center } from '../residual/residual.js';
import { thinned } from './thin.js';

/** Numbers of one sample at one layer. */
export interface Measures {
  /** Without padding. */
  readonly tokens: number;
  /** |res(X)|_{1,inf} / |X|_{1,inf}, the paper's curve; 0 for zeros. */
  readonly ratio: number;
  /** |res(X)|_{1,inf}. */
  readonly residual: number;
  /** |X|_{1,inf}. */
  readonly norm: number;
  /** |res(X)|_F / |X|_F; 0 for zeros. */
  readonly frobenius: number;
  /** Mean cosine of two different tokens; 1 for one token. */
  readonly cosine: number;
  /** |X|_F^2 / s_1^2, where ranks are asked for. */
  readonly stableRank?: number;
  /** exp of the entropy of the singular values, where ranks are asked for. */
  readonly entropyRank?: number;
  /** Singular values, descending, where ranks are asked for. */
  readonly spectrum?: readonly number[];
}

/**
 * The measures of one sample.
 * @param tokens [tokens, channels] without padding @param ranks whether to decompose, which takes longest
 * @param dtype what the tokens were computed in: of float32, singular values below 1e-8 of the largest, which are rounding, are not resolved
 * @throws {OptionError} for values that are not finite
 */
export function measuresOf(tokens: Matrix, center: Center, ranks: boolean, dtype: DType = 'float64'): Measures {
  const apart = centredOn(tokens, center);
  const [residual, norm] = [compositeOf(apart), compositeOf(tokens)];
  const [left, whole] = [frobeniusOf(apart), frobeniusOf(tokens)];
  const cosine = meanCosine(tokens);
  const found = ranks ? ranksOf(dtype === 'float64' ? tokens : thinned(tokens)) : undefined;
  return {
    tokens: tokens.rows,
    ratio: norm > 0 ? residual / norm : 0,
    residual,
    norm,
    frobenius: whole > 0 ? left / whole : 0,
    cosine,
    ...(found && {
      stableRank: found.stableRank,
      entropyRank: found.entropyRank,
      spectrum: [...found.singularValues],
    }),
  };
}

/** The Frobenius norm, in units of the largest value, as squares could leave the range. */
function frobeniusOf({ data }: Matrix): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  if (largest === 0) return 0;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i]! / largest) ** 2;
  return largest * Math.sqrt(squares);
}

/** Rows of a sample that are tokens, as a matrix. @param values [batch, tokens, channels] @param seen [batch, tokens] */
export function tokensOf(
  values: ArrayLike<number>,
  [, tokens, channels]: readonly [number, number, number],
  sample: number,
  seen: ArrayLike<number> | undefined,
): Matrix {
  const from = sample * tokens;
  const rows = Array.from({ length: tokens }, (_, i) => from + i).filter((row) => seen === undefined || seen[row]);
  const out = matrix(rows.length, channels);
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * channels;
    for (let c = 0; c < channels; c++) out.data[i * channels + c] = values[start + c]!;
  }
  return out;
}
