/** Batches of a data set, epoch after epoch: in an order that follows from a seed, loaded ahead. */
import { checkOptions, dispose, keep, OptionError, quote, Rng, requireCount, scope } from '@saccade/tensor';
import { type Dataset, inMemory, isDataset } from './dataset.js';

/** How to batch. */
export interface BatchesOptions {
  /** Examples in a batch; the last one of an epoch may have fewer. */
  readonly size: number;
  /** Whether each epoch has an order of its own. Default true. */
  readonly shuffle?: boolean | undefined;
  /** Seed of the orders, and of the streams that data sets draw from. Default 0. */
  readonly seed?: number | undefined;
  /** Leaves out a last batch with fewer examples. Default false. */
  readonly dropLast?: boolean | undefined;
  /** Batches that are loaded while one is worked on. Default 1. */
  readonly prefetch?: number | undefined;
}

/** Batches that can be asked for by epoch and step, always the same. */
export interface Batches<B extends object> {
  /** Batches in an epoch. */
  readonly steps: number;
  /** Examples in an epoch. */
  readonly examples: number;
  /** What a check point remembers, to tell whether it goes with these batches. */
  readonly identity: string;
  /** Number of examples in the batch at a step. */
  count(step: number): number;
  /**
   * The batches of an epoch from a step on. A batch is freed when the next one is asked for.
   * @throws what the data set throws, and the signal's reason once it is aborted
   */
  epoch(
    index: number,
    options?: { readonly from?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<B, void, void>;
}

/**
 * Batches of a data set, or of tensors in memory such as `{ images, labels }`.
 * `for await (const { images, labels } of batches(data, { size: 32 }).epoch(0))`.
 * @throws {OptionError} for an empty data set, or options that leave no batch
 */
export function batches<B extends object>(data: Dataset<B> | B, options: BatchesOptions): Batches<B> {
  const names = ['size', 'shuffle', 'seed', 'dropLast', 'prefetch'] as const;
  const { size, shuffle = true, seed = 0, dropLast = false, prefetch = 1 } = checkOptions('batches', options, names);
  requireCount('batches', 'size', size);
  requireCount('batches', 'prefetch', prefetch, 0);
  if (typeof data !== 'object' || data === null)
    throw new OptionError(`batches: expected a data set, got ${quote(data)}`);
  const source = isDataset(data) ? data : inMemory(data);
  if (source.size === 0) throw new OptionError('batches: the data set is empty');
  const steps = dropLast ? Math.floor(source.size / size) : Math.ceil(source.size / size);
  if (steps === 0) throw new OptionError(`batches: ${source.size} examples do not fill a batch of ${size}`);
  const rng = new Rng(seed);
  const count = (step: number): number => Math.min(size, source.size - step * size);

  async function load(order: Int32Array, step: number, stream: Rng, signal: AbortSignal | undefined): Promise<B> {
    const rows = order.subarray(step * size, step * size + count(step));
    // Kept before the scope ends: in browsers the batch would then belong to another scope, which may end first.
    return scope(async () => keep(await source.batch(rows, { rng: stream.derive(step), signal })));
  }

  return {
    steps,
    examples: Math.min(source.size, steps * size),
    identity: `${source.size} examples in ${steps} batches of ${size}, ${shuffle ? 'shuffled' : 'in order'}, seed ${seed}`,
    count,
    async *epoch(index, { from = 0, signal } = {}) {
      requireCount('batches.epoch', 'index', index, 0);
      requireCount('batches.epoch', 'from', from, 0);
      const stream = rng.derive(index);
      const order = shuffle
        ? await shuffled(source.size, stream)
        : Int32Array.from({ length: source.size }, (_, i) => i);
      const ahead: Promise<B>[] = [];
      let next = from;
      try {
        for (;;) {
          signal?.throwIfAborted();
          while (next < steps && ahead.length <= prefetch) ahead.push(unheard(load(order, next++, stream, signal)));
          const first = ahead.shift();
          if (first === undefined) return;
          const batch = await first;
          try {
            yield batch;
          } finally {
            dispose(batch);
          }
        }
      } finally {
        for (const rest of await Promise.allSettled(ahead)) if (rest.status === 'fulfilled') dispose(rest.value);
      }
    },
  };
}

async function shuffled(size: number, stream: Rng): Promise<Int32Array> {
  const order = stream.permutation(size);
  try {
    return await order.data<'int32'>();
  } finally {
    order.dispose();
  }
}

/** A promise that may fail before anyone waits for it, which Node takes for an error nobody handles. */
function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
