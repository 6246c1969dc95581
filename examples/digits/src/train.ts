/** Training of a classifier of images, and what it reads in images that it has not seen. */
import {
  Adam,
  type Batches,
  batches,
  cosine,
  crossEntropy,
  fit,
  inference,
  type Sequential,
  type StepEvent,
} from '@saccade/nn';
import type { Tensor } from '@saccade/tensor';

/** Images [count, height, width, 1] with values 0 to 1, and their labels, int32 [count]. */
export type Digits = { readonly images: Tensor; readonly labels: Tensor };

/** How to train. */
export interface TrainOptions {
  readonly epochs: number;
  /** Adam's rate at the start; it falls to 0 along a cosine. */
  readonly rate: number;
  readonly signal?: AbortSignal;
  /** Called after each step; awaited. */
  readonly onStep?: (event: StepEvent) => void | Promise<void>;
}

/** Trains a network on shuffled batches; gives the loss of every step. */
export async function train(network: Sequential, data: Batches<Digits>, options: TrainOptions): Promise<number[]> {
  const { epochs, rate, signal, onStep } = options;
  const losses: number[] = [];
  using optimizer = new Adam(network, { rate: cosine({ rate, steps: epochs * data.steps }) });
  await fit(network, {
    data,
    loss: ({ images, labels }) => crossEntropy(network.forward(images), labels),
    optimizer,
    epochs,
    signal,
    onStep: (event) => {
      losses.push(event.loss);
      return onStep?.(event);
    },
  });
  return losses;
}

/** What a network takes each image for. */
export async function predict(network: Sequential, digits: Digits): Promise<Int32Array> {
  const predictions = new Int32Array(digits.labels.size);
  let done = 0;
  for await (const { images } of batches(digits, { size: 500, shuffle: false }).epoch(0)) {
    const part = await inference(network, () => network.forward(images).argmax({ axis: -1 }).data<'int32'>());
    predictions.set(part, done);
    done += part.length;
  }
  return predictions;
}

/** Share of right predictions, in percent. */
export async function percentRight(predictions: Int32Array, { labels }: Digits): Promise<number> {
  const truth = await labels.data<'int32'>();
  return (100 * truth.filter((label, i) => label === predictions[i]).length) / truth.length;
}
