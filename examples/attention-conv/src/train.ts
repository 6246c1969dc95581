/** Trains classifiers of digits. */
import { Adam, batches, cosine, crossEntropy, fit, inference, type Sequential, type StepEvent } from '@saccade/nn';
import type { Digits } from './digits.js';

/** How to train. */
export interface TrainOptions {
  readonly epochs: number;
  /** Adam's rate, which rises to this and then falls to 0 along a cosine. */
  readonly rate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called after each step with the share of the work that is done; awaited. */
  readonly onStep: (event: StepEvent, done: number) => Promise<void>;
}

/** Trains a network on shuffled batches of 64. */
export async function train(network: Sequential, digits: Digits, options: TrainOptions): Promise<void> {
  const { epochs, rate, seed, signal, onStep } = options;
  const data = batches(digits, { size: 64, seed });
  using optimizer = new Adam(network, { rate: cosine({ rate, steps: epochs * data.steps, warmUp: 30 }) });
  await fit(network, {
    data,
    loss: ({ images, labels }) => crossEntropy(network.forward(images), labels),
    optimizer,
    epochs,
    signal,
    onStep: (event) => onStep(event, (event.epoch + event.step / data.steps) / epochs),
  });
}

/** What a network takes each image for. */
export async function predict(network: Sequential, { images }: Digits): Promise<Int32Array> {
  return inference(network, () => network.forward(images).argmax({ axis: -1 }).data<'int32'>());
}

/** Share of right predictions, in percent. */
export async function percentRight(predictions: Int32Array, { labels }: Digits): Promise<number> {
  const truth = await labels.data<'int32'>();
  return (100 * truth.filter((label, i) => label === predictions[i]).length) / truth.length;
}
