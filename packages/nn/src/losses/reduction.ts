/** How losses of single elements become one. */
import { mean, OptionError, quote, sum, type Tensor } from '@saccade/tensor';

/** 'mean' (default) and 'sum' give a scalar, 'none' the losses of all elements. */
export type Reduction = 'mean' | 'sum' | 'none';

/** @throws {OptionError} for another word */
export function reduceLoss(op: string, losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'mean') return mean(losses);
  if (reduction === 'sum') return sum(losses);
  if (reduction === 'none') return losses;
  throw new OptionError(`${op}: reduction must be 'mean', 'sum' or 'none', got ${quote(reduction)}`);
}
