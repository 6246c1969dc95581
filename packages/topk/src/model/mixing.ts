/** What keeps the training of a selector from settling early: some choices are made hard, some at random. */
import { type Rng, scope, stopGradient, type Tensor, where } from '@saccade/tensor';
import type { Order } from '../operator/hard.js';
import { Selection } from '../operator/selection.js';
import { topK } from '../operator/top-k.js';

/** k distinct elements of each row, any k as likely as others, whatever the scores [batch, n]; by position for the order 'position'. */
export function randomSelection(scores: Tensor, k: number, order: Order, rng: Rng): Selection {
  return scope(() => {
    const { device } = scores;
    const noise = rng.uniform(scores.shape, { device, dtype: scores.dtype });
    return topK(noise, { k, method: 'hard', order });
  });
}

/** How often choices are replaced. */
export interface Mixing {
  /** Probability with which all rows of an image become the hard choice. */
  readonly hardProbability: number;
  /** Probability with which a row, for itself, becomes that row of a random choice. */
  readonly randomProbability: number;
}

/**
 * A selection with some of it replaced: first images by their hard choice, then single rows by those of a random choice of
 * the same order. No gradient flows through what was replaced. Cordonnier et al. 2021, `hard_topk_probability` and
 * `random_patch_probability` of their code.
 */
export function mixSelection(
  selection: Selection,
  scores: Tensor,
  { hardProbability, randomProbability }: Mixing,
  order: Order,
  rng: Rng,
): Selection {
  if (hardProbability === 0 && randomProbability === 0) return selection;
  const { batch, rows: k } = selection;
  const { device } = scores;
  return scope(() => {
    let rows = selection.toDense();
    if (hardProbability > 0) {
      const chosen = rng.bernoulli([batch, 1, 1], hardProbability, { device });
      rows = where(chosen, topK(stopGradient(scores), { k, method: 'hard', order }).toDense(), rows);
    }
    if (randomProbability > 0) {
      const chosen = rng.bernoulli([batch, k, 1], randomProbability, { device });
      rows = where(chosen, randomSelection(scores, k, order, rng).toDense(), rows);
    }
    return Selection.fromDense(rows);
  });
}
