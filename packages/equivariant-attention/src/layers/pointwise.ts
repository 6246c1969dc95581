/** Maps of the channels of each pixel, as the release begins them. */
import { kaimingNormal, Linear } from '@saccade/nn';
import { assign, type Rng, scope, zeros } from '@saccade/tensor';

/** Options of the map. */
export interface PointwiseOptions {
  readonly rng: Rng;
  /** Weights begin normal with deviation `initScale` / sqrt(inputs). Default sqrt(2). */
  readonly initScale?: number | undefined;
  /** Begins at 0. Default true. */
  readonly bias?: boolean | undefined;
}

/** [..., inputs] -> [..., outputs]: a 1x1 convolution. */
export function pointwise(inputs: number, outputs: number, options: PointwiseOptions): Linear {
  const { rng, initScale, bias = true } = options;
  const map = new Linear(inputs, outputs, { rng, bias, initializer: kaimingNormal(initScale) });
  const { bias: shift } = map;
  if (shift !== undefined) scope(() => assign(shift, zeros(shift.shape)));
  return map;
}
