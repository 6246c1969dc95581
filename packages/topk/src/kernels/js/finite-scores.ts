/** Scores of a row without the infinite ones: -Infinity is never selected, Infinity always. */
import { OptionError } from '@saccade/tensor';

/** One row, taken apart. */
export interface FiniteScores {
  /** The finite scores, in their order. */
  readonly x: Float64Array;
  /** Where each stood. */
  readonly positions: readonly number[];
  /** Where Infinity stands, at most k of them. */
  readonly sure: readonly number[];
}

/** Row `row` of x [rows, n], of which k are to be selected. @throws {OptionError} for NaN, and if fewer than k are above -Infinity */
export function finiteScores(op: string, x: ArrayLike<number>, row: number, n: number, k: number): FiniteScores {
  const positions: number[] = [];
  const sure: number[] = [];
  for (let i = 0; i < n; i++) {
    const value = x[row * n + i]!;
    if (Number.isNaN(value)) throw new OptionError(`${op}: score ${i} of row ${row} is NaN`);
    if (Number.isFinite(value)) positions.push(i);
    else if (value > 0 && sure.length < k) sure.push(i);
  }
  if (positions.length + sure.length < k) {
    const count = positions.length + sure.length;
    throw new OptionError(`${op}: row ${row} has ${count} scores above -Infinity, fewer than k = ${k}`);
  }
  return { x: Float64Array.from(positions, (i) => x[row * n + i]!), positions, sure };
}
