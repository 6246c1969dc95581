/** Values for a parameter. */
import { assign, scope, type Tensor, tensor } from '@saccade/tensor';

export function give(to: Tensor, values: Float32Array): void {
  scope(() => assign(to, tensor(values, { shape: to.shape })));
}
