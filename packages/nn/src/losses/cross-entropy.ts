/** Cross-entropy between logits and classes. */
import {
  add,
  cast,
  checkOptions,
  div,
  expandDims,
  gather,
  IndexError,
  logSoftmax,
  mul,
  neg,
  notEqual,
  OptionError,
  quote,
  requireShape,
  requireWithin,
  ShapeError,
  sameShape,
  scope,
  show,
  squeeze,
  sum,
  type Tensor,
  takeAlong,
  where,
} from '@saccade/tensor';
import { requireLabels, requireTensors } from '../check.js';
import { type Reduction, reduceLoss } from './reduction.js';

/** Options of the cross-entropy. */
export interface CrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly smoothing?: number | undefined;
  /** [classes]: how much each class counts. Default: all 1. The mean is then divided by the sum of the weights met. */
  readonly weights?: Tensor | undefined;
  /** A label that does not count, such as that of padding. Default: none. */
  readonly ignore?: number | undefined;
  /** Default 'mean'. */
  readonly reduction?: Reduction | undefined;
}

const names = ['smoothing', 'weights', 'ignore', 'reduction'] as const;

/**
 * -log softmax(logits)[label]: logits [..., classes], labels int32 [...]; or labels as probabilities, float [..., classes].
 * @throws {IndexError} for a label outside the classes (on CPU devices), naming it and its position
 * @throws {ShapeError} if labels do not fit the logits @throws {OptionError} for a smoothing outside [0, 1]
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = 'crossEntropy';
  const { smoothing = 0, weights, ignore, reduction } = checkOptions(op, options, names);
  requireTensors(op, { logits, labels });
  requireWithin(op, 'smoothing', smoothing, 0, 1);
  if (weights !== undefined) requireShape(op, 'weights', weights, [logits.shape.at(-1) ?? 0]);
  if (ignore !== undefined && !Number.isInteger(ignore)) {
    throw new OptionError(`${op}: ignore must be a whole number, got ${quote(ignore)}`);
  }
  if (labels.dtype === 'float32' || labels.dtype === 'float64') {
    if (ignore !== undefined) throw new OptionError(`${op}: ignore is for labels, not for probabilities`);
    return probabilities(logits, labels, smoothing, weights, reduction);
  }
  requireLabels(op, logits, labels);
  return scope(() => {
    const ids = cast(labels, 'int32');
    const seen = ignore === undefined ? undefined : notEqual(ids, ignore);
    const safe = seen === undefined ? ids : where(seen, ids, 0);
    const logProbability = logSoftmax(logits);
    const classWeight = weights === undefined ? undefined : gather(weights, checked(safe, logits));
    const likelihood = squeeze(at(logProbability, safe, logits), -1);
    const plain = neg(classWeight === undefined ? likelihood : mul(likelihood, classWeight));
    const losses = smoothing === 0 ? plain : smooth(plain, logProbability, weights, smoothing);
    const counted = seen === undefined ? losses : where(seen, losses, 0);
    if (reduction !== undefined && reduction !== 'mean') return reduceLoss(op, counted, reduction);
    const share = classWeight ?? (seen && cast(seen, logits.dtype));
    if (share === undefined) return reduceLoss(op, counted);
    return div(sum(counted), sum(seen === undefined ? share : where(seen, share, 0)));
  });
}

/** (1 - smoothing) loss + smoothing / classes times the losses of all classes. */
function smooth(plain: Tensor, logProbability: Tensor, weights: Tensor | undefined, smoothing: number): Tensor {
  const classes = logProbability.shape.at(-1) as number;
  const all = neg(sum(weights === undefined ? logProbability : mul(logProbability, weights), { axis: -1 }));
  return add(mul(plain, 1 - smoothing), mul(all, smoothing / classes));
}

/** The log-probabilities of the labels [..., 1]. */
function at(logProbability: Tensor, ids: Tensor, logits: Tensor): Tensor {
  try {
    return takeAlong(logProbability, expandDims(ids, -1));
  } catch (error) {
    if (error instanceof IndexError) checked(ids, logits);
    throw error;
  }
}

/** The labels as they are. @throws {IndexError} naming the first one outside the classes */
function checked(ids: Tensor, logits: Tensor): Tensor {
  const classes = logits.shape.at(-1) as number;
  if (ids.device.readSync === undefined) return ids;
  const values = ids.dataSync<'int32'>();
  const bad = values.findIndex((label) => label < 0 || label >= classes);
  if (bad < 0) return ids;
  throw new IndexError(`crossEntropy: label ${values[bad]} at position ${bad} is outside [0, ${classes})`);
}

/** -sum(target log softmax(logits)) over the classes. */
function probabilities(
  logits: Tensor,
  target: Tensor,
  smoothing: number,
  weights: Tensor | undefined,
  reduction: Reduction | undefined,
): Tensor {
  if (!sameShape(target.shape, logits.shape) || logits.rank === 0) {
    throw new ShapeError(
      `crossEntropy: labels in ${target.dtype} are probabilities and must have the shape of the logits ` +
        `${show(logits.shape)}, got ${show(target.shape)}; class numbers are int32: labels.cast('int32')`,
    );
  }
  return scope(() => {
    const classes = logits.shape.at(-1) as number;
    const soft = smoothing === 0 ? target : add(mul(target, 1 - smoothing), smoothing / classes);
    const each = mul(soft, logSoftmax(logits));
    const losses = neg(sum(weights === undefined ? each : mul(each, weights), { axis: -1 }));
    return reduceLoss('crossEntropy', losses, reduction);
  });
}
