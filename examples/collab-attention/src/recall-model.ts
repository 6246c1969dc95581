/** The model of the task: embeddings, one attention from questions to pairs, and a small network. */
import type { CollaborateOptions } from '@saccade/collab-attention';
import { Adam, crossEntropy, Embedding, LayerNorm, Linear, Module, normalInitializer, warmUp } from '@saccade/nn';
import { gelu, mul, Rng, scope, type Tensor } from '@saccade/tensor';
import { KEYS, type RecallBatch, recallBatch, VALUES } from './recall-task.js';

export const WIDTH = 32;
export const HEADS = 8;

/** Any attention from x to a context. */
export type CrossAttention = Module<[x: Tensor, options: CollaborateOptions]>;

/** Embeddings times this: keys must be told apart at the start. */
const LOUDNESS = 4;

/** Logits of the values: [batch, questions, 8]. */
export class RecallModel extends Module<[batch: RecallBatch]> {
  readonly keys: Embedding;
  readonly values: Embedding;
  attention: CrossAttention;
  readonly norm: LayerNorm;
  readonly up: Linear;
  readonly down: Linear;

  constructor(attention: CrossAttention, rng: Rng) {
    super();
    const initializer = normalInitializer(1 / Math.sqrt(WIDTH));
    this.keys = new Embedding(KEYS, WIDTH, { rng, initializer });
    this.values = new Embedding(VALUES, WIDTH, { rng, initializer });
    this.attention = attention;
    this.norm = new LayerNorm(WIDTH);
    this.up = new Linear(WIDTH, 2 * WIDTH, { rng });
    this.down = new Linear(2 * WIDTH, VALUES, { rng });
  }

  override forward({ keys, values, queries }: RecallBatch): Tensor {
    return scope(() => {
      const context = mul(this.keys.forward(keys).add(this.values.forward(values)), LOUDNESS);
      const asked = mul(this.keys.forward(queries), LOUDNESS);
      const seen = this.norm.forward(this.attention.forward(asked, { context }));
      return this.down.forward(gelu(this.up.forward(seen)));
    });
  }
}

/** How to train. */
export interface TrainOptions {
  readonly steps: number;
  readonly rate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called after each step with the share that is done; awaited. */
  readonly onStep?: (done: number, loss: number) => Promise<void>;
}

const BATCH = 32;
const WARM_UP = 50;

/** Trains on sequences that are drawn as they are needed. */
export async function train(model: RecallModel, options: TrainOptions): Promise<void> {
  const { steps, rate, seed, signal, onStep } = options;
  const rng = new Rng(seed).derive(1);
  const schedule = steps > 2 * WARM_UP ? warmUp(rate, { steps: WARM_UP }) : rate;
  using optimizer = new Adam(model, { rate: schedule });
  for (let step = 0; step < steps; step++) {
    signal.throwIfAborted();
    const loss = scope(() => {
      const batch = recallBatch(rng, BATCH);
      return optimizer.minimize(() => crossEntropy(model.forward(batch), batch.targets)).item();
    });
    await onStep?.((step + 1) / steps, loss);
  }
}

/** Share of 2,048 questions that a model answers, in percent. */
export async function percentRight(model: RecallModel): Promise<number> {
  return scope(async () => {
    const batch = recallBatch(new Rng(12_345), 64);
    const found = await model.forward(batch).argmax({ axis: -1 }).data<'int32'>();
    const targets = await batch.targets.data<'int32'>();
    return (100 * targets.filter((target, i) => target === found[i]).length) / targets.length;
  });
}
