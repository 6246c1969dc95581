/** Rows of features with labels, as training takes them: sparse (CSR) as libsvm files give them, or dense. */
import { isTensor, OptionError, quote, ShapeError, type Tensor } from '@saccade/tensor';
import { firstNonFinite } from '../compress/first-non-finite.js';
import type { Vector } from '../compress/message.js';
import { euclideanNorm } from '../compress/norm.js';
import type { Rows } from '../kernels/js/linear-gradient.js';

/** A label of a row: any two, or for more classes whole numbers from 0. */
export type Label = number | string | boolean;

/** Data for a linear model. With `rowStart` and `columns` sparse, which is what `loadLibsvm` of `@saccade/nn` gives; without, dense. */
export interface LinearData {
  /** [rows]. */
  readonly labels: ArrayLike<Label> | Tensor;
  /** Values of the stored entries; dense: [rows, features], row by row. */
  readonly values: Vector | Tensor;
  /** Rows and features. */
  readonly shape: readonly [rows: number, features: number];
  /** [rows + 1]: row i has the entries from rowStart[i] up to, not including, rowStart[i + 1]. */
  readonly rowStart?: Int32Array | undefined;
  /** Column of each entry. */
  readonly columns?: Int32Array | undefined;
}

/** `logistic`: log(1 + e^(-y z)) with y = -1 or 1. `softmax`: cross entropy of several classes. */
export type LinearLoss = 'logistic' | 'softmax';

/** Checked rows whose labels are numbers. */
export interface LinearRows extends Rows {
  readonly count: number;
  readonly rowStart: Int32Array | undefined;
  readonly columns: Int32Array;
  readonly values: Vector;
  readonly labels: Float32Array;
  /** Parameters of a model: features times classes. */
  readonly size: number;
}

/** How labels are to be read. */
export interface LabelOptions {
  readonly loss?: LinearLoss | undefined;
  /** The label that counts as +1; the other as -1. Default: the larger of -1 and 1, 0 and 1, false and true. */
  readonly positive?: Label | undefined;
}

async function hostValues(values: Vector | Tensor): Promise<Vector> {
  return isTensor(values) ? ((await values.data()) as Vector) : values;
}

async function hostLabels(labels: ArrayLike<Label> | Tensor): Promise<ArrayLike<Label>> {
  return isTensor(labels) ? await labels.data() : labels;
}

/** The label of +1. @throws {OptionError} for labels that cannot be told apart without help */
function positiveLabel(op: string, labels: readonly Label[], given: Label | undefined): Label {
  const kinds = [...new Set(labels)];
  const shown = kinds.slice(0, 5).map(quote).join(', ');
  if (kinds.length > 2) {
    throw new OptionError(`${op}: expected two labels, got ${kinds.length} (${shown} …); use loss: 'softmax' for more`);
  }
  if (given !== undefined) {
    if (kinds.length === 2 && !kinds.includes(given)) {
      throw new OptionError(`${op}: no row has the positive label ${quote(given)}; there are ${shown}`);
    }
    return given;
  }
  const pairs: readonly (readonly [Label, Label])[] = [
    [-1, 1],
    [0, 1],
    [false, true],
  ];
  const pair = pairs.find((both) => kinds.every((kind) => both.includes(kind)));
  if (pair === undefined) {
    throw new OptionError(`${op}: labels are ${shown}: say which one counts as +1, with the option positive`);
  }
  return pair[1];
}

function numberedLabels(
  op: string,
  labels: ArrayLike<Label>,
  { loss = 'logistic', positive }: LabelOptions,
  classes: number,
): { readonly labels: Float32Array; readonly classes: number } {
  const all = Array.from(labels);
  if (loss === 'logistic') {
    const one = positiveLabel(op, all, positive);
    return { labels: Float32Array.from(all, (label) => (label === one ? 1 : -1)), classes: 1 };
  }
  if (loss !== 'softmax') throw new OptionError(`${op}: loss must be 'logistic' or 'softmax', got ${quote(loss)}`);
  const bad = all.find((label) => !Number.isSafeInteger(label) || (label as number) < 0 || (label as number) >= 65_536);
  if (bad !== undefined) {
    throw new OptionError(`${op}: labels of softmax must be whole numbers from 0, got ${quote(bad)}`);
  }
  const least = (all as number[]).reduce((most, label) => Math.max(most, label), 1) + 1;
  if (least > classes) {
    throw new OptionError(`${op}: weights of ${classes} classes, but labels up to ${least - 1}`);
  }
  return { labels: Float32Array.from(all as number[]), classes: Number.isFinite(classes) ? classes : least };
}

function requireSparse(op: string, rowStart: Int32Array, columns: Int32Array, entries: number, data: LinearData): void {
  const [rows, features] = data.shape;
  if (rowStart.length !== rows + 1 || columns.length !== entries) {
    throw new ShapeError(
      `${op}: expected ${rows + 1} row starts and as many columns as values, got ${rowStart.length} and ${columns.length} of ${entries}`,
    );
  }
  const rising = rowStart.every((at, i) => at >= (i === 0 ? 0 : rowStart[i - 1]!) && at <= entries);
  if (!rising || rowStart[0] !== 0 || rowStart[rows] !== entries) {
    throw new ShapeError(`${op}: rowStart must rise from 0 to the number of values, ${entries}`);
  }
  const beyond = columns.find((j) => !(j >= 0 && j < features));
  if (beyond !== undefined) throw new ShapeError(`${op}: columns must lie in [0, ${features - 1}], got ${beyond}`);
}

/**
 * Checks the data, fetches what lies on a device, and numbers the labels.
 * @param known classes of a model that exists; default: as many as labels ask for @throws {ShapeError} @throws {OptionError}
 */
export async function linearRows(
  op: string,
  data: LinearData,
  options: LabelOptions,
  known: number = Number.POSITIVE_INFINITY,
): Promise<LinearRows> {
  const { shape, rowStart, columns } = data;
  const [count, features] = shape;
  if (shape.length !== 2 || !(count >= 1) || !(features >= 1)) {
    throw new ShapeError(`${op}: shape must be [rows, features], both from 1, got [${shape}]`);
  }
  const values = await hostValues(data.values);
  const given = await hostLabels(data.labels);
  if (given.length !== count) throw new ShapeError(`${op}: expected ${count} labels, got ${given.length}`);
  if ((rowStart === undefined) !== (columns === undefined)) {
    throw new OptionError(`${op}: sparse data have both rowStart and columns, dense ones neither`);
  }
  if (rowStart !== undefined) requireSparse(op, rowStart, columns!, values.length, data);
  else if (values.length !== count * features) {
    throw new ShapeError(`${op}: dense data of shape [${shape}] have ${count * features} values, got ${values.length}`);
  }
  const odd = firstNonFinite(values);
  if (odd >= 0) throw new OptionError(`${op}: value number ${odd} is ${values[odd]}; features must be finite`);
  const { labels, classes } = numberedLabels(op, given, options, known);
  return {
    ...{ count, features, classes, labels, rowStart, values },
    columns: columns ?? new Int32Array(0),
    size: features * classes,
  };
}

/** A copy of the data in which every row that is not empty has length 1, as in the paper's experiments. */
export function unitRows<D extends LinearData>(data: D): D & { readonly values: Vector } {
  const { rowStart, shape } = data;
  if (isTensor(data.values)) throw new OptionError('unitRows: values must be an array; use await values.data()');
  const values = data.values.slice();
  for (let row = 0; row < shape[0]; row++) {
    const [from, to] = rowStart ? [rowStart[row]!, rowStart[row + 1]!] : [row * shape[1], (row + 1) * shape[1]];
    const length = euclideanNorm(values, from, to);
    if (length > 0) for (let e = from; e < to; e++) values[e]! /= length;
  }
  return { ...data, values };
}
