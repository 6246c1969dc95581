/** Trains a patch selector on generated images as the experiments ask, and tells how many test images it reads. */
import { Adam, accuracy, type Batches, batches, cosine, fit, inMemory, mapBatches } from '@saccade/nn';
import { cast, mul, scope, sub, type Tensor } from '@saccade/tensor';
import { followSigma, linearSigma, type PatchSelector } from '@saccade/topk';

/** Images [count, height, width, channels], uint8, and labels. */
export interface Images {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** A batch as the network takes it: pixels from 0 to 1, less the mean of the training images. */
interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Mean of all pixels, from 0 to 1. */
export async function meanPixel(images: Tensor): Promise<number> {
  const pixels = await images.data<'uint8'>();
  let total = 0;
  for (const value of pixels) total += value;
  return total / 255 / pixels.length;
}

/** Pixels from 0 to 1, less `mean`. */
function centred(images: Tensor, mean: number): Tensor {
  return sub(mul(cast(images, 'float32'), 1 / 255), mean);
}

/** How long, and how fast. */
export interface Recipe {
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
  readonly warmUp: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told every step. */
  readonly onStep: (fraction: number, loss: number) => Promise<void>;
}

function trainingBatches(data: Images, mean: number, { batch, seed }: Recipe): Batches<Batch> {
  const dataset = mapBatches(inMemory({ images: data.images, labels: data.labels }), ({ images, labels }) => ({
    images: centred(images, mean),
    labels,
  }));
  return batches(dataset, { size: batch, seed, dropLast: true });
}

/** Trains with Adam, warm-up, cosine, gradients clipped by value, and sigma that decreases to 0. Resolves to the loss of every step. */
export async function train(selector: PatchSelector, data: Images, mean: number, recipe: Recipe): Promise<number[]> {
  const batched = trainingBatches(data, mean, recipe);
  const { steps, rate, signal } = recipe;
  const losses: number[] = [];
  const method = selector.config.selection.method;
  const follow =
    method === 'exact' || method === 'perturbed' ? followSigma(selector, linearSigma({ steps })) : undefined;
  using optimizer = new Adam(selector, { rate: cosine({ rate, steps, warmUp: recipe.warmUp }), clipValue: 1 });
  await fit(selector, {
    data: batched,
    loss: ({ images, labels }) => selector.loss(images, labels),
    optimizer,
    epochs: Math.ceil(steps / batched.steps),
    signal,
    onStep: async (event) => {
      losses.push(event.loss);
      follow?.(event);
      await recipe.onStep((event.epoch * event.steps + event.step) / steps, event.loss);
    },
  });
  return losses;
}

/** Percent of the test images that are read right, looking for good: with the hard choice. */
export async function percentRight(selector: PatchSelector, data: Images, mean: number): Promise<number> {
  selector.eval();
  const count = data.labels.size;
  let right = 0;
  for (let first = 0; first < count; first += 50) {
    right += await scope(async () => {
      const rows = `${first}:${Math.min(count, first + 50)}` as const;
      const labels = data.labels.at(rows) as unknown as Tensor;
      const share = accuracy(selector.forward(centred(data.images.at(rows) as unknown as Tensor, mean)), labels);
      return (await share.data())[0]! * labels.size;
    });
  }
  selector.train();
  return (100 * right) / count;
}
