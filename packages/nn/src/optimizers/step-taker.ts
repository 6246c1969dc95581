/** What `fit` asks of an optimizer. */
import type { Tensor } from '@saccade/tensor';

/** Something that moves parameters along gradients: an `Optimizer`, or one that asks others before it moves. */
export interface StepTaker {
  /** The trained tensors by name. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Steps done. */
  readonly steps: number;
  /** The rate of the next step. */
  readonly rate: number;
  /** Calls `f` and gives its value and the gradients of its loss by name, without moving anything. */
  gradients<R>(f: () => R): { readonly value: R; readonly gradients: Map<string, Tensor> };
  /** Moves all parameters once along given gradients. */
  step(gradients: ReadonlyMap<string, Tensor>): void | Promise<void>;
}
