/** How long one method of the operator takes. */
import { type Times, timeRuns } from '@saccade/command';
import { mul, Rng, reshape, SaccadeError, scope, sum, type Tensor, takeAlong, valueAndGradOf } from '@saccade/tensor';
import type { Selection } from '../operator/selection.js';
import { topK } from '../operator/top-k.js';
import type { TopKMethod, TopKOptions } from '../operator/top-k-options.js';

/** What to time. */
export interface BenchOptions {
  readonly n: number;
  readonly k: number;
  readonly samples: number;
  readonly sigma: number;
  readonly batch: number;
  readonly methods: readonly TopKMethod[];
  readonly runs: number;
  readonly seed: number;
}

/** The times of a method, or why it has none. */
export interface MethodTimes {
  readonly method: TopKMethod;
  readonly forward?: Times;
  /** Forward and backward pass together. */
  readonly gradient?: Times;
  readonly error?: string;
}

/** A loss of the choice to which the order of the rows does not matter, and whose gradient is not zero. */
function lossOf({ indices, weights, batch }: Selection, cotangent: Tensor): Tensor {
  const chosen = takeAlong(cotangent, indices, { axis: 1 });
  return sum(mul(weights, reshape(chosen, [batch, 1, chosen.shape[1] as number])));
}

/** Times a method, forward and with its gradient, once it is warm. @throws the signal's reason once it is aborted */
export async function timeMethod(
  method: TopKMethod,
  scores: Tensor,
  { k, samples, sigma, seed, runs }: BenchOptions,
  signal: AbortSignal,
): Promise<MethodTimes> {
  const rng = new Rng(seed);
  const cotangent = rng.normal(scores.shape);
  const options: TopKOptions = { k, method, sigma, ...(method === 'perturbed' && { samples, rng }) };
  const choose = (): Promise<void> => scope(async () => void (await topK(scores, options).weights.data()));
  const learn = (): Promise<void> =>
    scope(async () => {
      const [, byScore] = valueAndGradOf(scores, () => lossOf(topK(scores, options), cotangent));
      await byScore.data();
    });
  try {
    return { method, forward: await timeRuns(choose, runs, signal), gradient: await timeRuns(learn, runs, signal) };
  } catch (error) {
    if (error instanceof SaccadeError) return { method, error: error.message };
    throw error;
  } finally {
    cotangent.dispose();
  }
}
