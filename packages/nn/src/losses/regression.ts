/** Losses between numbers. */
import { abs, checkOptions, less, mul, requireAbove, scope, square, sub, type Tensor, where } from '@saccade/tensor';
import { requireSameShape } from '../check.js';
import { type Reduction, reduceLoss } from './reduction.js';

/** Options of all of them. */
export interface LossOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction | undefined;
}

/** (prediction - target)^2. @throws {ShapeError} if the shapes differ */
export function meanSquaredError(predictions: Tensor, targets: Tensor, options: LossOptions = {}): Tensor {
  const { reduction } = checkOptions('meanSquaredError', options, ['reduction']);
  requireSameShape('meanSquaredError', predictions, targets);
  return scope(() => reduceLoss('meanSquaredError', square(sub(predictions, targets)), reduction));
}

/** |prediction - target|. @throws {ShapeError} if the shapes differ */
export function meanAbsoluteError(predictions: Tensor, targets: Tensor, options: LossOptions = {}): Tensor {
  const { reduction } = checkOptions('meanAbsoluteError', options, ['reduction']);
  requireSameShape('meanAbsoluteError', predictions, targets);
  return scope(() => reduceLoss('meanAbsoluteError', abs(sub(predictions, targets)), reduction));
}

/** Half the square of the difference d up to |d| = delta (default 1), then delta (|d| - delta / 2). Huber 1964. @throws {ShapeError} if the shapes differ */
export function huberLoss(
  predictions: Tensor,
  targets: Tensor,
  options: LossOptions & { readonly delta?: number | undefined } = {},
): Tensor {
  const { reduction, delta = 1 } = checkOptions('huberLoss', options, ['reduction', 'delta']);
  requireAbove('huberLoss', 'delta', delta);
  requireSameShape('huberLoss', predictions, targets);
  return scope(() => {
    const difference = sub(predictions, targets);
    const distance = abs(difference);
    const losses = where(less(distance, delta), mul(square(difference), 0.5), mul(sub(distance, delta / 2), delta));
    return reduceLoss('huberLoss', losses, reduction);
  });
}
