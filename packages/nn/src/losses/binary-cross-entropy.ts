/** Cross-entropy of yes-or-no questions. */
import {
  add,
  cast,
  checkOptions,
  clip,
  customGrad,
  div,
  log,
  maximum,
  mul,
  neg,
  scope,
  softplus,
  sub,
  type Tensor,
} from '@saccade/tensor';
import { requireSameShape } from '../check.js';
import { type Reduction, reduceLoss } from './reduction.js';

/** Options of the binary cross-entropy. */
export interface BinaryCrossEntropyOptions {
  /** How much a yes counts: a number, or a tensor that broadcasts. Default 1. */
  readonly positiveWeight?: Tensor | number | undefined;
  /** Default 'mean'. */
  readonly reduction?: Reduction | undefined;
}

/**
 * -y log sigmoid(x) - (1 - y) log(1 - sigmoid(x)) of logits x and targets y in [0, 1] of one shape, without overflow.
 * @throws {ShapeError} if the shapes differ
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  const op = 'binaryCrossEntropy';
  const { positiveWeight, reduction } = checkOptions(op, options, ['positiveWeight', 'reduction']);
  requireSameShape(op, logits, targets);
  return scope(() => {
    // log sigmoid(x) = -softplus(-x) and log(1 - sigmoid(x)) = -softplus(x)
    const yes = mul(targets, softplus(neg(logits)));
    const no = mul(sub(1, targets), softplus(logits));
    const losses = add(positiveWeight === undefined ? yes : mul(yes, positiveWeight), no);
    return reduceLoss(op, losses, reduction);
  });
}

/**
 * The same from probabilities instead of logits; their logarithms are kept above -100 and the slope below 1e12, as in
 * PyTorch. Prefer logits: they keep the digits that a probability near 1 has lost. @throws {ShapeError} if the shapes differ
 */
export function binaryCrossEntropyOfProbabilities(
  probabilities: Tensor,
  targets: Tensor,
  options: { readonly reduction?: Reduction | undefined } = {},
): Tensor {
  const op = 'binaryCrossEntropyOfProbabilities';
  const { reduction } = checkOptions(op, options, ['reduction']);
  requireSameShape(op, probabilities, targets);
  return scope(() => reduceLoss(op, elementLosses(probabilities, cast(targets, probabilities.dtype)), reduction));
}

const elementLosses = customGrad((p: Tensor, y: Tensor) => {
  const yes = clip(log(p), -100, 0);
  const no = clip(log(sub(1, p)), -100, 0);
  return {
    value: neg(add(mul(y, yes), mul(sub(1, y), no))),
    // (p - y) / (p (1 - p)), which is 0 / 0 where a sure probability is right
    backward: (g) => [mul(g, div(sub(p, y), maximum(mul(p, sub(1, p)), 1e-12))), mul(g, sub(no, yes))],
  };
});
