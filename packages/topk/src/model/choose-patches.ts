/** How a selector chooses its patches, in training and in evaluation. */
import { isTensor, mul, type Rng, type Tensor } from '@saccade/tensor';
import type { Order } from '../operator/hard.js';
import type { Selection } from '../operator/selection.js';
import { topK } from '../operator/top-k.js';
import { mixSelection, randomSelection } from './mixing.js';
import type { PatchSelectorConfig, SelectionMethod, SelectionOptions } from './patch-selector-options.js';

/** The method that is used. */
export function methodOf({ selection, inferenceMethod }: PatchSelectorConfig, training: boolean): SelectionMethod {
  return training ? (selection.method ?? 'exact') : inferenceMethod;
}

/** The order in which the training's method gives its rows, which the hard choice in evaluation has to have too. */
function rowOrder({ method = 'exact', order }: SelectionOptions): Order {
  const byRank = method === 'sinkhorn' || method === 'neuralsort' || method === 'softsort';
  return byRank ? 'value' : (order ?? 'position');
}

/** The selection among normalised scores [batch, n]. @param multiplier of sigma */
export function choosePatches(
  scores: Tensor,
  config: PatchSelectorConfig,
  training: boolean,
  multiplier: Tensor,
  rng: Rng,
): Selection {
  const { selection, patches: k } = config;
  const method = methodOf(config, training);
  const order = rowOrder(selection);
  if (method === 'random') return randomSelection(scores, k, order, rng);
  const { sigma = 0.05, noise, onNaN } = selection;
  if (method === 'hard') return topK(scores, { k, method, order, onNaN });
  const chosen = topK(scores, {
    ...selection,
    k,
    method,
    sigma: mul(multiplier, sigma),
    // Given noise is for samples alone.
    noise: isTensor(noise) && method !== 'perturbed' ? undefined : noise,
    rng,
  });
  return training ? mixSelection(chosen, scores, config, order, rng) : chosen;
}
