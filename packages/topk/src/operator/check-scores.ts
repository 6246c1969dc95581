/** Checks the scores that are to be chosen among. */
import {
  cast,
  expandDims,
  isnan,
  isTensor,
  OptionError,
  quote,
  requireShape,
  type Tensor,
  type TypedArray,
  tensor,
  where,
} from '@saccade/tensor';

/** What becomes of NaN: an error, or never selected. */
export type NaNPolicy = 'throw' | 'lowest';

/** Scores [batch, n], or [n] for one row; numbers in whatever form. */
export type Scores = Tensor | TypedArray | readonly number[] | readonly (readonly number[])[];

/** As a float tensor [batch, n]. @throws {ShapeError} unless there are one or two axes */
export function scoresTensor(op: string, scores: Scores): Tensor {
  const given = isTensor(scores) ? scores : tensor(asNumbers(op, scores) as number[]);
  const float = given.dtype === 'float32' || given.dtype === 'float64' ? given : cast(given, 'float32');
  const x = float.rank === 1 ? expandDims(float, 0) : float;
  requireShape(op, 'scores', x, ['batch', 'n']);
  return x;
}

/** Arrays of half precision and the like as plain numbers. */
function asNumbers(op: string, scores: Exclude<Scores, Tensor>): unknown {
  if (Array.isArray(scores)) return scores;
  if (ArrayBuffer.isView(scores) && !(scores instanceof DataView)) return Array.from(scores as TypedArray, Number);
  throw new OptionError(`${op}: scores must be a tensor or numbers, got ${quote(scores)}`);
}

/**
 * The scores without NaN. @throws {OptionError} for NaN under 'throw', and where fewer than k scores of a row can be selected. A GPU cannot be read
 * at once: there NaN counts as lowest and nothing is thrown.
 */
export function checkScores(op: string, scores: Tensor, k: number, onNaN: NaNPolicy): Tensor {
  if (onNaN !== 'throw' && onNaN !== 'lowest') {
    throw new OptionError(`${op}: onNaN must be 'throw' or 'lowest', got ${quote(onNaN)}`);
  }
  const lowest = (): Tensor => where(isnan(scores), -Infinity, scores);
  if (scores.device.readSync === undefined) return lowest();
  const values = scores.dataSync();
  const [batch, n] = requireShape(op, 'scores', scores, ['batch', 'n']);
  let hasNaN = false;
  for (let row = 0; row < batch; row++) {
    let selectable = 0;
    for (let i = 0; i < n; i++) {
      const value = values[row * n + i] as number;
      if (value > -Infinity) selectable += 1;
      if (Number.isNaN(value)) hasNaN = true;
      if (Number.isNaN(value) && onNaN === 'throw') {
        throw new OptionError(
          `${op}: the score of row ${row}, element ${i} is NaN; { onNaN: 'lowest' } never selects such`,
        );
      }
    }
    if (selectable < k) {
      throw new OptionError(
        `${op}: row ${row} has ${selectable} scores above -Infinity${hasNaN ? ' that are no NaN' : ''}, but k is ${k}`,
      );
    }
  }
  return hasNaN ? lowest() : scores;
}
