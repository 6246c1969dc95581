/** The differentiable choice of k among n: one function, many methods. */
import {
  broadcastTo,
  cast,
  deviceOf,
  expandDims,
  isTensor,
  requireShape,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { isAffordable } from './affordable.js';
import { checkScores, type Scores, scoresTensor } from './check-scores.js';
import { dfTopK } from './dftopk.js';
import { exactByValue, exactTopK, planExact } from './exact.js';
import { hardTopK } from './hard.js';
import { lapSum } from './lapsum.js';
import { neuralSort } from './neural-sort.js';
import { noiseOf } from './noise-option.js';
import { perturbedTopK } from './perturbed.js';
import { everyIndex, Selection } from './selection.js';
import { sinkhornTopK } from './sinkhorn.js';
import { softSort } from './soft-sort.js';
import { sparseTopK } from './sparse.js';
import { straightThrough } from './straight-through.js';
import { type CheckedTopKOptions, checkTopKOptions, type TopKOptions } from './top-k-options.js';
import { warnOnce } from './warn-once.js';

/** Methods that give one row. */
const masks: readonly string[] = ['lapsum', 'sparse', 'dftopk'];
/** From so many candidates times k on, the exact method takes about a second a row. */
const MUCH_WORK = 1e6;

/**
 * Chooses k of n, differentiably: scores [batch, n] (or [n], or numbers) to a selection whose weights say how much each element is
 * the r-th choice. Equation (5) of the paper and section 3, without noise by default; see `TopKOptions.method`.
 *
 * Equal scores share their probability (`hard`: the lower position first). -Infinity is never selected, Infinity always is and has no gradient. With sigma
 * 0, or so small that no noise changes the choice, the selection is the hard one and the gradient 0 (`plain` and `diag` of `perturbed`: the noise of the
 * estimate). All computation inside is in float64 for `exact`.
 * @throws {OptionError} for k outside [1, n], NaN scores, options out of range @throws {ShapeError}
 */
export function topK(scores: Scores, options: TopKOptions): Selection {
  return scope(() => {
    const x = scoresTensor('topK', scores);
    const [batch, n] = requireShape('topK', 'scores', x, ['batch', 'n']);
    const checked = checkTopKOptions(options, batch, n);
    if (batch === 0 || n === 0) return nothing(x, batch, n, checked);
    return select(checkScores('topK', x, Math.ceil(checked.k), checked.onNaN), checked);
  });
}

/** The selection of no rows, or among no elements. */
function nothing({ device, dtype }: Tensor, batch: number, n: number, { k, method }: CheckedTopKOptions): Selection {
  const weights = zeros([batch, masks.includes(method) ? 1 : k, n], { device, dtype });
  return new Selection(everyIndex(batch, n, device), weights, n, true);
}

function select(x: Tensor, options: CheckedTopKOptions): Selection {
  const { k, method, order, tau } = options;
  switch (method) {
    case 'hard':
      return hardTopK(x, k, order);
    case 'exact':
    case 'straight-through':
      return exact(x, options);
    case 'perturbed':
      return sampled(x, options);
    case 'dftopk':
      return mask(dfTopK(x, k, { tau }));
    case 'neuralsort':
      return Selection.fromDense(neuralSort(x, k, { tau }));
    case 'softsort':
      return Selection.fromDense(softSort(x, k, { tau }));
    case 'lapsum':
      return mask(lapSum(x, k, options.alpha));
    case 'sparse':
      return mask(sparseTopK(x, k, { width: options.width, p: options.p }));
    case 'sinkhorn':
      return Selection.fromDense(sinkhornTopK(x, k, { epsilon: options.epsilon, iterations: options.iterations }).rows);
  }
}

/** A mask [batch, n] as one row. */
function mask(m: Tensor): Selection {
  return Selection.fromDense(expandDims(m, 1));
}

/** sigma for each row: [batch]. */
function sigmaOf(x: Tensor, { sigma }: CheckedTopKOptions): Tensor {
  const { device, dtype } = x;
  const given = isTensor(sigma) ? sigma : tensor(sigma, { device, dtype });
  deviceOf('topK', x, given);
  const one = given.dtype === dtype ? given : cast(given, dtype);
  return broadcastTo(one.reshape([one.size]), [x.shape[0] as number]);
}

function exact(x: Tensor, options: CheckedTopKOptions): Selection {
  const { k, method, order, noiseKind } = options;
  const sigma = sigmaOf(x, options);
  const plan = planExact(x, sigma, k, noiseKind);
  const isHard = method === 'straight-through';
  if (!isAffordable(plan, x)) {
    warnOnce(
      `topK: ${plan.active} of ${x.shape[1]} scores are within reach of the noise, too many for method 'exact'; samples are ` +
        "drawn instead. A smaller sigma, or method 'lapsum' or 'sparse', needs none",
    );
    return isHard ? straightThrough(sampled(x, options), hardTopK(x, k, order)) : sampled(x, options);
  }
  if (plan.active * k * (order === 'position' ? 1 : k) > MUCH_WORK) {
    warnOnce(
      `topK: exact with k = ${k} and ${plan.active} scores within reach of the noise is slow; 'lapsum' and 'sparse' are not`,
    );
  }
  if (order === 'position') return exactTopK(x, sigma, plan, isHard);
  const rows = exactByValue(x, sigma, k, noiseKind, order);
  return isHard ? straightThrough(rows, hardTopK(x, k, order)) : rows;
}

function sampled(x: Tensor, options: CheckedTopKOptions): Selection {
  const { k, noise, noiseKind, rng, samples, order, grad } = options;
  if (samples === 1 && grad === 'full') {
    warnOnce('topK: one sample has no others to take a baseline from; the gradient is the plain one');
  }
  const drawn = noiseOf('topK', noise, noiseKind, rng, x, samples);
  return perturbedTopK(x, sigmaOf(x, options), k, drawn, samples, order, grad);
}
