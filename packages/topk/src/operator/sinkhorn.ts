/** The sorted top-k by optimal transport of Xie et al. (2020), as the paper's code offers it beside the perturbed one. */
import {
  type CustomResult,
  checkOptions,
  customGrad,
  empty,
  kernelsOn,
  requireAbove,
  requireCount,
  requireOneOf,
  type Tensor,
} from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import { requireChoice, requireScores } from './check-choice.js';
import { warnOnce } from './warn-once.js';

/** How the transport is solved. */
export interface SinkhornOptions {
  /** Entropy: the smaller, the harder the choice and the slower it is found. Default 0.01. */
  readonly epsilon?: number | undefined;
  /** Iterations at most. Default 2000. */
  readonly iterations?: number | undefined;
  /**
   * `'ranks'` (default): k rows, the best rank first. `'mask'`: one row, how much each is among the k. `'mask-release'`: as the released code
   * computes that, which by a slip chooses n - k.
   */
  readonly rows?: 'ranks' | 'mask' | 'mask-release' | undefined;
  /** `'auto'` (default): `'implicit'` where the plan has converged, else that of the iterations, `'unrolled'`. */
  readonly gradient?: 'auto' | 'implicit' | 'unrolled' | undefined;
}

/** What a sorted choice and the error of its marginals are, relative to 1 / n: far above 1e-9 the iterations did not converge. */
export interface SinkhornResult {
  /** [batch, k, n], the best rank first; [batch, 1, n] for masks. */
  readonly rows: Tensor;
  /** [batch]. */
  readonly marginalError: Tensor;
}

const op = 'sinkhornTopK';
const names = ['epsilon', 'iterations', 'rows', 'gradient'] as const;

/** Up to this marginal error the implicit gradient is right; beyond it the iterations are differentiated themselves. */
const TOLERANCE = 1e-9;

/**
 * The SOFT top-k of scores [batch, n]: a transport plan to the anchors 0 .. k, in float64 whatever the scores are. The gradient is the implicit one
 * where the plan has converged, else that of the iterations; there is no second derivative (a GradientError). Of more Infinities than k the first are chosen.
 * @throws {OptionError} unless k is a whole number in [1, n], for options out of range, NaN, and fewer than k scores above -Infinity
 * @throws {DTypeError} and {ShapeError} unless scores are float [batch, n]
 */
export function sinkhornTopK(scores: Tensor, k: number, options: SinkhornOptions = {}): SinkhornResult {
  const checked = checkOptions(op, options, names);
  const { epsilon = 0.01, iterations = 2000, rows: kind = 'ranks', gradient = 'auto' } = checked;
  requireAbove(op, 'epsilon', epsilon);
  requireCount(op, 'iterations', iterations);
  requireOneOf('sinkhornTopK', 'rows', kind, ['ranks', 'mask', 'mask-release']);
  requireOneOf('sinkhornTopK', 'gradient', gradient, ['auto', 'implicit', 'unrolled']);
  const [batch, n] = requireScores(op, scores);
  requireChoice(op, k, n);
  const { device, dtype } = scores;
  const settings = { epsilon, iterations, rows: kind, gradient, tolerance: TOLERANCE };
  const count = kind === 'ranks' ? k : 1;
  const kernels = kernelsOn(op, device, topKKernels);
  const marginalError = empty(device, dtype, [batch]);
  const transport = (x: Tensor): CustomResult => {
    const value = empty(device, dtype, [batch, count, n]);
    kernels.sinkhorn(x, value, marginalError, batch, n, k, settings);
    const backward = (dy: Tensor): Tensor[] => {
      const dx = empty(device, dtype, x.shape);
      kernels.sinkhornGrad(x, dy, dx, batch, n, k, settings);
      return [dx];
    };
    return { value, backward };
  };
  const rows = customGrad(transport, { name: op, firstOrder: true })(scores);
  if (device.readSync !== undefined && marginalError.dataSync().some((error) => error > 0.01)) {
    warnOnce('sinkhornTopK: the iterations did not converge; more iterations or a larger epsilon help');
  }
  return { rows, marginalError };
}
