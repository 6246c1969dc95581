/** A hard value with a soft gradient. */
import { customGrad, scope, type Tensor } from '@saccade/tensor';
import { Selection } from './selection.js';

/** The rows of `hard`, through which gradients flow as through those of `soft`. */
export function straightThrough(soft: Selection, hard: Selection): Selection {
  return scope(() => {
    const value = hard.toDense();
    const weights = customGrad((_: Tensor) => ({ value, backward: (dy) => [dy] }));
    return Selection.fromDense(weights(soft.toDense()));
  });
}
