/** The k largest, as one-hot rows: what all other methods soften. */
import { flip, requireShape, scope, sort, stopGradient, type Tensor, topk } from '@saccade/tensor';
import { oneHotRows, type Selection } from './selection.js';

/**
 * In which order rows stand: by position (the default, under which an average over noise stays sharp), by value with the best first, or by value with the
 * worst of the k first.
 */
export type Order = 'position' | 'value' | 'value-ascending';

/** Positions of the k largest of each row of scores [batch, n], int32 [batch, k]; of equals the lower one. */
export function hardIndices(scores: Tensor, k: number, order: Order = 'position'): Tensor {
  return scope(() => {
    const best = topk(stopGradient(scores), k).indices;
    if (order === 'position') return sort(best).values;
    return order === 'value' ? best : flip(best, 1);
  });
}

/** The hard choice of scores [batch, n]: no gradient. */
export function hardTopK(scores: Tensor, k: number, order: Order = 'position'): Selection {
  return scope(() => {
    const [, n] = requireShape('topK', 'scores', scores, ['batch', 'n']);
    return oneHotRows(hardIndices(scores, k, order), n, scores.dtype);
  });
}
