/** What a job learns: a model, examples to learn from, examples to test with. */
import type { Module } from '@saccade/nn';
import type { Tensor } from '@saccade/tensor';

/** How well a model does on the examples to test with. */
export interface Score {
  readonly loss: number;
  /** Share that it tells right. */
  readonly accuracy: number;
  /** How many examples there are. */
  readonly examples: number;
}

/** The task. All workers make it from the same settings, so their models begin alike. */
export interface Task {
  readonly model: Module;
  /** Examples to learn from. */
  readonly examples: number;
  /** What the score is of, as in "of 500 test images". */
  readonly tested: string;
  /** Mean loss of some examples. @param rows numbers of examples, int32 */
  loss(rows: Int32Array): Tensor;
  /** How well the model does now. */
  score(): Promise<Score>;
}

/** Share of rows [rows, classes] of scores whose largest is at the label, int32 [rows]. */
export async function rightOf(scores: Tensor, labels: Tensor): Promise<number> {
  const [told, truth] = await Promise.all([scores.argmax({ axis: -1 }).data<'int32'>(), labels.data<'int32'>()]);
  return truth.filter((label, i) => label === told[i]).length / truth.length;
}
