/** How good predictions are. */
import {
  all,
  argmax,
  cast,
  checkOptions,
  equal,
  expandDims,
  greater,
  mean,
  OptionError,
  quote,
  ShapeError,
  scope,
  type Tensor,
  topk,
} from '@saccade/tensor';
import { requireLabels, requireSameShape } from './check.js';
import { type Reduction, reduceLoss } from './losses/reduction.js';

/**
 * Share of labels [...] (int32 or uint8) that are the highest logit [..., classes], or one of the `top` highest (default 1); a scalar.
 * @throws {ShapeError} if labels do not fit @throws {OptionError} unless top is within the classes
 */
export function accuracy(logits: Tensor, labels: Tensor, options: { readonly top?: number | undefined } = {}): Tensor {
  const { top = 1 } = checkOptions('accuracy', options, ['top']);
  requireLabels('accuracy', logits, labels);
  const classes = logits.shape.at(-1) as number;
  if (!Number.isInteger(top) || top < 1 || top > classes) {
    throw new OptionError(`accuracy: top must be an integer in [1, ${classes}], got ${quote(top)}`);
  }
  return scope(() => {
    if (top === 1) return mean(cast(equal(argmax(logits, { axis: -1 }), labels), 'float32'));
    const { indices } = topk(logits, top);
    return mean(cast(equal(indices, expandDims(labels, -1)), 'float32').sum({ axis: -1 }));
  });
}

/** Share of targets (0 or 1) on whose side of 0 the logit lies; a scalar. @throws {ShapeError} if the shapes differ */
export function binaryAccuracy(logits: Tensor, targets: Tensor): Tensor {
  requireSameShape('binaryAccuracy', logits, targets);
  return scope(() => mean(cast(equal(cast(greater(logits, 0), 'float32'), cast(targets, 'float32')), 'float32')));
}

/**
 * Share of examples [batch, labels] of which every logit lies on its target's (0 or 1) side of 0: a scalar, or with the
 * reduction 'none' 1 or 0 for each, [batch]. @throws {ShapeError} if the shapes differ or there is no axis of labels
 */
export function multilabelAccuracy(
  logits: Tensor,
  targets: Tensor,
  options: { readonly reduction?: Reduction | undefined } = {},
): Tensor {
  const op = 'multilabelAccuracy';
  const { reduction } = checkOptions(op, options, ['reduction']);
  requireSameShape(op, logits, targets);
  if (logits.rank === 0) throw new ShapeError(`${op}: expected [batch, labels], got a scalar`);
  return scope(() => {
    const right = equal(greater(logits, 0), greater(targets, 0.5));
    return reduceLoss(op, cast(all(right, { axis: -1 }), 'float32'), reduction);
  });
}

/**
 * How often class i was taken for class j, as rows of counts [true][predicted].
 * @throws {ShapeError} if labels do not fit @throws {OptionError} for a label outside the classes
 */
export async function confusionMatrix(logits: Tensor, labels: Tensor): Promise<number[][]> {
  requireLabels('confusionMatrix', logits, labels);
  const classes = logits.shape.at(-1) as number;
  const [predicted, truth] = await scope(async () =>
    Promise.all([argmax(logits, { axis: -1 }).data<'int32'>(), labels.data<'int32'>()]),
  );
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  truth.forEach((label, i) => {
    const row = counts[label];
    if (row === undefined) {
      throw new OptionError(`confusionMatrix: label ${label} at position ${i} is outside [0, ${classes})`);
    }
    row[predicted[i] as number] = (row[predicted[i] as number] as number) + 1;
  });
  return counts;
}

/** Precision, recall and F1 of each class. */
export interface ClassScores {
  /** Share of right ones among those predicted; NaN if none was. */
  readonly precision: number;
  /** Share of those there that were found; NaN if there are none. */
  readonly recall: number;
  /** Their harmonic mean. */
  readonly f1: number;
}

/** Scores of each class from a confusion matrix [true][predicted]. */
export function classScores(confusion: readonly (readonly number[])[]): ClassScores[] {
  return confusion.map((row, i) => {
    const right = row[i] as number;
    const present = row.reduce((sum, count) => sum + count, 0);
    const predicted = confusion.reduce((sum, other) => sum + (other[i] as number), 0);
    return { precision: right / predicted, recall: right / present, f1: (2 * right) / (present + predicted) };
  });
}
