/** What a task with an answer for each token is. */
import type { Tensor } from '@saccade/tensor';
import type { NetworkForm } from '../network/network-options.js';

/** A label that does not count, such as that of padding. */
export const IGNORED = -1;

/** Inputs and their answers; a batch of them too. */
export interface LabelledTokens {
  /** Ids int32 [examples, tokens], or points float32 [examples, tokens, coordinates]. */
  readonly inputs: Tensor;
  /** int32 [examples, tokens]; -1 does not count. */
  readonly labels: Tensor;
}

/** A task. Its tensors are the caller's: `dispose(task)` frees them. */
export interface TokenTask {
  /** What a network for it reads and answers: `new SelfAttentionNetwork({ ...task.form, width, depth, heads, rng })`. */
  readonly form: NetworkForm;
  readonly train: LabelledTokens;
  readonly test: LabelledTokens;
  /** The accuracy on the test examples of always giving their most frequent answer. */
  readonly trivial: number;
}

/** The share of the most frequent answer. */
export function mostFrequentShare(labels: Int32Array): number {
  const counts = new Map<number, number>();
  for (const label of labels) if (label !== IGNORED) counts.set(label, (counts.get(label) ?? 0) + 1);
  const all = [...counts.values()];
  return all.length === 0 ? 0 : Math.max(...all) / all.reduce((sum, count) => sum + count, 0);
}
