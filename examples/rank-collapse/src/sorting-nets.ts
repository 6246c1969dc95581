/** Networks of six layers that learn to sort, with and without skips, and how much of their tokens is not common to all. */
import type { Context } from '@saccade/lab';
import type { StepEvent } from '@saccade/nn';
import {
  compositeNorm,
  residual,
  SelfAttentionNetwork,
  sortingTask,
  type TokenTask,
  type TrainedTask,
  trainTask,
} from '@saccade/rank-collapse';
import { dispose, mean, Rng, scope, type Tensor } from '@saccade/tensor';

/** A task and a network for it; both are the caller's. */
export interface SortingNet {
  readonly task: TokenTask;
  readonly network: SelfAttentionNetwork;
}

/** A new one. An epoch has 32 steps: 1,000 sequences, 32 at once. */
export function sortingNet(seed: number, skip: boolean): SortingNet {
  const rng = new Rng(seed);
  const task = sortingTask({ rng: rng.derive(1) });
  const network = new SelfAttentionNetwork({ ...task.form, width: 48, depth: 6, heads: 2, skip, rng });
  return { task, network };
}

/** Which part of an experiment training is, and who watches it. */
export interface TrainNetOptions {
  readonly epochs: number;
  /** Shares of the experiment before and behind. */
  readonly part: readonly [from: number, to: number];
  /** Called after each step; awaited. */
  readonly watch?: ((event: StepEvent) => Promise<unknown>) | undefined;
}

/** Trains it, and tests it. */
export function trainNet(
  { task, network }: SortingNet,
  { epochs, part: [from, to], watch }: TrainNetOptions,
  { seed, signal, progress }: Context,
): Promise<TrainedTask> {
  return trainTask(network, task, {
    ...{ epochs, batch: 32, rate: 5e-4, seed, signal },
    onProgress: async (done, event) => {
      await watch?.(event);
      await progress(from + (to - from) * done, `loss ${event.loss.toFixed(3)}`);
    },
  });
}

/** Frees both. */
export function freeNet({ task, network }: SortingNet): void {
  dispose(task);
  network.dispose();
}

/** |res(X)| / |X| of the tokens before the first layer and behind each, the mean over the test sequences. */
export function residualRatios({ task, network }: SortingNet): Promise<number[]> {
  return scope(async () => {
    const { hidden } = network.hiddenStates(task.test.inputs);
    const ratio = (x: Tensor): Tensor => mean(compositeNorm(residual(x)).div(compositeNorm(x)));
    return Promise.all(hidden.map(async (x) => (await ratio(x).data())[0] as number));
  });
}
