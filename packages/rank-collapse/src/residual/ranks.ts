/** How far tokens are from one: ranks by singular values, and cosines, on the host in float64. */
import { type Matrix, OptionError, svdMatrix } from '@saccade/tensor';

/** Ranks of a matrix [tokens, channels]. */
export interface Ranks {
  /** Descending. */
  readonly singularValues: Float64Array;
  /** |X|_F^2 / s_1^2: from 1 to the rank; 0 for a matrix of zeros. */
  readonly stableRank: number;
  /** exp of the entropy of s / sum s: from 1 to the rank; 0 for a matrix of zeros. */
  readonly entropyRank: number;
}

/** The ranks, by a singular value decomposition. @throws {OptionError} for values that are not finite */
export function ranksOf(x: Matrix): Ranks {
  const { values } = svdMatrix(x);
  const [largest, sum] = [values[0] ?? 0, values.reduce((a, b) => a + b, 0)];
  if (largest === 0) return { singularValues: values, stableRank: 0, entropyRank: 0 };
  const squares = values.reduce((all, s) => all + (s / largest) ** 2, 0);
  const entropy = values.reduce((all, s) => (s > 0 ? all - (s / sum) * Math.log(s / sum) : all), 0);
  return { singularValues: values, stableRank: squares, entropyRank: Math.exp(entropy) };
}

/**
 * The mean cosine of two different tokens: 1 where all point one way, 0 with tokens of zero. One token alone points its own way: 1.
 * @throws {OptionError} for values that are not finite
 */
export function meanCosine({ rows, columns, data }: Matrix): number {
  const sum = new Float64Array(columns);
  let own = 0;
  for (let i = 0; i < rows; i++) {
    const at = i * columns;
    let largest = 0;
    for (let c = 0; c < columns; c++) largest = Math.max(largest, Math.abs(data[at + c]!));
    if (!Number.isFinite(largest)) {
      throw new OptionError(`meanCosine: values must be finite, got ${largest} in row ${i}`);
    }
    if (largest === 0) continue;
    own++;
    // In units of the largest value, as squares of very small ones would vanish.
    let squares = 0;
    for (let c = 0; c < columns; c++) squares += (data[at + c]! / largest) ** 2;
    const length = Math.sqrt(squares);
    for (let c = 0; c < columns; c++) sum[c]! += data[at + c]! / largest / length;
  }
  if (rows < 2) return 1;
  // Of |sum of unit vectors|^2 the diagonal is 1 each.
  const all = sum.reduce((squares, value) => squares + value * value, 0);
  return (all - own) / (rows * (rows - 1));
}
