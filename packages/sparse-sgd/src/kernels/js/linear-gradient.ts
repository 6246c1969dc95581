/** The gradient of one row's loss under a linear model, as text-book code on typed arrays. */
import type { TypedArray } from '@saccade/kernels';

/** Rows of features with their labels. */
export interface Rows {
  /** [rows + 1]; undefined: values are [rows, features]. */
  readonly rowStart: TypedArray | undefined;
  readonly columns: TypedArray;
  readonly values: TypedArray;
  /** [rows]: -1 and 1, or the class. */
  readonly labels: TypedArray;
  readonly features: number;
  /** 1: two classes, told apart by the sign of one logit. */
  readonly classes: number;
}

/** Calls back with the column and the value of each stored entry of a row. */
export function eachEntry(
  { rowStart, columns, values, features }: Rows,
  row: number,
  visit: (j: number, a: number) => void,
): void {
  if (rowStart === undefined) {
    for (let j = 0; j < features; j++) visit(j, values[row * features + j]!);
    return;
  }
  for (let e = rowStart[row]!; e < rowStart[row + 1]!; e++) visit(columns[e]!, values[e]!);
}

/** Logits z_c = sum_j a_j x_jc of a row, for x [features, classes]. */
function rowLogits(rows: Rows, row: number, x: TypedArray): Float64Array {
  const { classes } = rows;
  const logits = new Float64Array(classes);
  eachEntry(rows, row, (j, a) => {
    for (let c = 0; c < classes; c++) logits[c]! += a * x[j * classes + c]!;
  });
  return logits;
}

/** The gradient of the loss by the logits, in place: -y sigmoid(-y z) for one logit, softmax(z) - onehot(y) for several. */
function lossGradient(logits: Float64Array, label: number): Float64Array {
  if (logits.length === 1) {
    logits[0] = -label / (1 + Math.exp(label * logits[0]!));
    return logits;
  }
  const highest = Math.max(...logits);
  let total = 0;
  for (let c = 0; c < logits.length; c++) total += logits[c] = Math.exp(logits[c]! - highest);
  for (let c = 0; c < logits.length; c++) logits[c] = logits[c]! / total - Number(c === label);
  return logits;
}

/** v += rate (gradient of the row's loss at x + lambda x). */
export function addGradient(rows: Rows, row: number, x: TypedArray, rate: number, lambda: number, v: TypedArray): void {
  const { classes } = rows;
  const slopes = lossGradient(rowLogits(rows, row, x), rows.labels[row]!);
  eachEntry(rows, row, (j, a) => {
    for (let c = 0; c < classes; c++) v[j * classes + c]! += rate * a * slopes[c]!;
  });
  for (let i = 0; i < v.length; i++) v[i]! += rate * lambda * x[i]!;
}
