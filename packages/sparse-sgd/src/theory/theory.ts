/** The theory of the paper by its names, as one object. */
import { bound, memoryBound, minimalShift, rate, rho, shift, weight, weightSum } from './bound.js';
import { curve } from './curve.js';

/**
 * What the paper proves of Mem-SGD (Theorem 2.4 and Lemma 3.2), as functions of its constants: `bound` (of the loss), `memoryBound`, `shift` and
 * `minimalShift` (the a of the learning rates), `rate` (eta_t), `weight` and `weightSum` (w_t and S_T of the average), `rho`, and `curve`, a bound
 * at the steps of a run.
 */
export const theory: {
  readonly bound: typeof bound;
  readonly memoryBound: typeof memoryBound;
  readonly shift: typeof shift;
  readonly minimalShift: typeof minimalShift;
  readonly rate: typeof rate;
  readonly rho: typeof rho;
  readonly weight: typeof weight;
  readonly weightSum: typeof weightSum;
  readonly curve: typeof curve;
} = { bound, memoryBound, shift, minimalShift, rate, rho, weight, weightSum, curve };
