/** Which examples each worker takes of each step. */
import { Rng } from '@saccade/tensor';
import { shuffled } from './shuffled.js';

/** A worker's part of a step. */
export interface Shard {
  /** Numbers of examples, at least one. */
  readonly rows: Int32Array;
  /** What the mean loss of these must be multiplied by, so that the mean over all workers is that of the whole batch. */
  readonly weight: number;
}

/** The steps of a job: each epoch has the examples in an order of its own, the same for all workers, cut into batches. */
export class Shards {
  readonly stepsPerEpoch: number;
  readonly #examples: number;
  readonly #batch: number;
  readonly #rng: Rng;
  #epoch = -1;
  #order: Int32Array = new Int32Array();

  constructor(examples: number, batch: number, seed: number) {
    this.#examples = examples;
    this.#batch = batch;
    this.#rng = new Rng(seed).derive(2);
    this.stepsPerEpoch = Math.ceil(examples / batch);
  }

  /** The batch of a step, from 0. */
  batch(step: number): Int32Array {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.#epoch) {
      this.#order = shuffled(this.#examples, this.#rng.derive(epoch));
      this.#epoch = epoch;
    }
    const from = (step % this.stepsPerEpoch) * this.#batch;
    return this.#order.subarray(from, from + this.#batch);
  }

  /** A worker's part of it: every so many-th example. @param present who else works, ascending; this worker counts in any case */
  of(step: number, rank: number, present: readonly number[]): Shard {
    const all = [...new Set([...present, rank])].sort((a, b) => a - b);
    const place = all.indexOf(rank);
    const batch = this.batch(step);
    const rows = batch.filter((_, i) => i % all.length === place);
    // Workers beyond the size of the batch repeat what others do.
    if (rows.length === 0) return { rows: batch.slice(place % batch.length, (place % batch.length) + 1), weight: 1 };
    return { rows, weight: (rows.length * all.length) / batch.length };
  }
}
