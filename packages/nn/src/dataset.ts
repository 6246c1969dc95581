/** What a data set is: examples that can be asked for by position, and how in-memory tensors and mapped ones become one. */
import type { Rng, Tensor } from '@saccade/tensor';

/** Tensors by name whose first axis counts the examples, such as `{ images, labels }`. */
export type Batch = Readonly<Record<string, Tensor>>;

/** What comes with a request for examples. */
export interface BatchContext {
  /** A stream for this batch alone: the same for the same seed, epoch and step, whatever was asked before. */
  readonly rng: Rng;
  /** Aborted when the batch is not wanted any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Examples that can be asked for by position. */
export interface Dataset<B extends Batch = Batch> {
  /** Number of examples. */
  readonly size: number;
  /** The examples at `rows`, in that order, as tensors that are the caller's. */
  batch(rows: Int32Array, context: BatchContext): B | Promise<B>;
}
