/** The loss of a linear model on all rows, and what it takes each row for. */
import type { TypedArray } from '@saccade/kernels';
import { OptionError, ShapeError } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { eachEntry } from '../kernels/js/linear-gradient.js';
import { type LabelOptions, type LinearData, type LinearRows, linearRows } from './linear-data.js';

/** Logits of all rows, [rows, classes], in float64. */
function allLogits(rows: LinearRows, weights: TypedArray): Float64Array {
  const { count, classes, features, rowStart, columns, values } = rows;
  const logits = new Float64Array(count * classes);
  if (classes > 1) {
    for (let row = 0; row < count; row++) {
      eachEntry(rows, row, (j, a) => {
        for (let c = 0; c < classes; c++) logits[row * classes + c]! += a * weights[j * classes + c]!;
      });
    }
    return logits;
  }
  for (let row = 0; row < count; row++) {
    let sum = 0;
    if (rowStart === undefined) {
      for (let j = 0; j < features; j++) sum += values[row * features + j]! * weights[j]!;
    } else {
      for (let e = rowStart[row]!; e < rowStart[row + 1]!; e++) sum += values[e]! * weights[columns[e]!]!;
    }
    logits[row] = sum;
  }
  return logits;
}

/** log(sum_c e^z_c), without overflow. */
function logSumExp(logits: Float64Array): number {
  const highest = Math.max(...logits);
  let sum = 0;
  for (const z of logits) sum += Math.exp(z - highest);
  return highest + Math.log(sum);
}

/** (1/n) sum of the losses + lambda / 2 |x|^2, in float64, without overflow on the way: infinite only if a logit or the square of the weights is. */
export function meanLoss(rows: LinearRows, weights: TypedArray, lambda: number): number {
  const { count, classes, labels } = rows;
  const logits = allLogits(rows, weights);
  let sum = 0;
  for (let row = 0; row < count; row++) {
    if (classes === 1) {
      const z = labels[row]! * logits[row]!;
      sum += Math.log1p(Math.exp(-Math.abs(z))) + Math.max(-z, 0);
    } else {
      const own = logits.subarray(row * classes, (row + 1) * classes);
      sum += logSumExp(own) - own[labels[row]!]!;
    }
  }
  if (lambda === 0) return sum / count;
  let square = 0;
  for (const x of weights) square += x * x;
  return sum / count + (lambda / 2) * square;
}

/** How well a linear model tells labels. */
export interface LinearScore {
  /** Share of rows that are told right, in [0, 1]. A logit of exactly 0 counts as the positive label, as in the released code. */
  readonly accuracy: number;
  /** Rows whose logit is exactly 0, such as those without features: the model says nothing about them. */
  readonly undecided: number;
}

/** Accuracy on checked rows. */
export function scoreRows(rows: LinearRows, weights: TypedArray): LinearScore {
  const { count, classes, labels } = rows;
  const logits = allLogits(rows, weights);
  let right = 0;
  let undecided = 0;
  for (let row = 0; row < count; row++) {
    if (classes === 1) {
      const z = logits[row]!;
      undecided += Number(z === 0);
      right += Number((z >= 0 ? 1 : -1) === labels[row]);
    } else {
      const own = logits.subarray(row * classes, (row + 1) * classes);
      right += Number(own.indexOf(Math.max(...own)) === labels[row]);
    }
  }
  return { accuracy: right / count, undecided };
}

async function checked(op: string, data: LinearData, weights: Vector, options: LabelOptions): Promise<LinearRows> {
  const classes = Math.floor(weights.length / data.shape[1]);
  const rows = await linearRows(op, data, options, options.loss === 'softmax' ? classes : undefined);
  if (weights.length !== rows.size) {
    throw new ShapeError(`${op}: expected ${rows.size} weights, got ${weights.length}`);
  }
  return rows;
}

/**
 * The objective of Mem-SGD: mean loss + lambda / 2 |x|^2 of weights [features] ([features, classes] for softmax).
 * @param options `lambda`: default 1 / rows @throws {ShapeError} @throws {OptionError}
 */
export async function linearLoss(
  data: LinearData,
  weights: Vector,
  options: LabelOptions & { readonly lambda?: number | undefined } = {},
): Promise<number> {
  const rows = await checked('linearLoss', data, weights, options);
  const { lambda = 1 / rows.count } = options;
  if (!(lambda >= 0)) throw new OptionError(`linearLoss: lambda must be a number from 0, got ${lambda}`);
  return meanLoss(rows, weights, lambda);
}

/** How well weights [features] ([features, classes]) tell the labels of other data. @throws {ShapeError} @throws {OptionError} */
export async function linearScore(data: LinearData, weights: Vector, options: LabelOptions = {}): Promise<LinearScore> {
  return scoreRows(await checked('linearScore', data, weights, options), weights);
}

/** The probability of the positive label for each row, [rows]; for softmax of each class, [rows, classes]. @throws {ShapeError} */
export async function linearProbabilities(
  data: LinearData,
  weights: Vector,
  options: LabelOptions = {},
): Promise<Float64Array> {
  const rows = await checked('linearProbabilities', data, weights, options);
  const logits = allLogits(rows, weights);
  if (rows.classes === 1) return logits.map((z) => 1 / (1 + Math.exp(-z)));
  for (let row = 0; row < rows.count; row++) {
    const own = logits.subarray(row * rows.classes, (row + 1) * rows.classes);
    const total = logSumExp(own);
    for (let c = 0; c < own.length; c++) own[c] = Math.exp(own[c]! - total);
  }
  return logits;
}
