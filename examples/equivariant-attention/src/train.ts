/** Training by a number of steps, and what a network reads right. */
import type { Point } from '@saccade/lab';
import { Adam, type AnyModule, batches, breather, cosine, crossEntropy, inference } from '@saccade/nn';
import { crop, scope, type Tensor } from '@saccade/tensor';
import type { Images } from './digits.js';

/** From images to logits. */
export type Classifier = AnyModule & { forward(images: Tensor): Tensor };

/** How to train. */
export interface TrainOptions {
  readonly steps: number;
  /** Adam's rate, which rises to this in the first `warmUp` steps and then falls to 0 along a cosine. */
  readonly rate: number;
  readonly warmUp: number;
  /** Images in a step. Default 32. */
  readonly batch?: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called before each step with how many are done, the loss of the last one, and the seconds that all took; awaited. Its own time does not count. */
  readonly onStep?: (step: number, loss: number, seconds: number) => Promise<void> | void;
}

/** What training came to. */
export interface Trained {
  /** Loss by step. */
  readonly losses: readonly Point[];
  /** Spent on steps alone. */
  readonly seconds: number;
}

/** Trains a network on shuffled batches with Adam and the mean cross-entropy. */
export async function train(network: Classifier, images: Images, options: TrainOptions): Promise<Trained> {
  const { steps, rate, warmUp, batch: size = 32, seed, signal, onStep } = options;
  const data = batches(images, { size, seed, dropLast: true });
  using optimizer = new Adam(network, { rate: cosine({ rate, steps, warmUp }), l2: 1e-4 });
  const losses: Point[] = [];
  const breathe = breather();
  let seconds = 0;
  network.train();
  for (let epoch = 0; losses.length < steps; epoch++) {
    for await (const { images: x, labels } of data.epoch(epoch, { signal })) {
      if (losses.length === steps) break;
      await onStep?.(losses.length, losses.at(-1)?.[1] ?? Number.NaN, seconds);
      await breathe();
      signal.throwIfAborted();
      const start = performance.now();
      const loss = scope(() => optimizer.minimize(() => crossEntropy(network.forward(x), labels)).item());
      seconds += (performance.now() - start) / 1000;
      losses.push([losses.length, loss]);
    }
  }
  return { losses, seconds };
}

/** How many images a network looks at at once. */
const most = 100;

/** What a network takes each image for. */
export async function predict(network: Classifier, images: Tensor): Promise<Int32Array> {
  const [count, ...image] = images.shape as readonly [number, number, number, number];
  const found = new Int32Array(count);
  const breathe = breather();
  for (let from = 0; from < count; from += most) {
    const size = Math.min(most, count - from);
    const part = await inference(network, () =>
      network
        .forward(crop(images, [from, 0, 0, 0], [size, ...image]))
        .argmax({ axis: -1 })
        .data<'int32'>(),
    );
    found.set(part, from);
    await breathe();
  }
  return found;
}

/** Share of images that a network reads right, in percent. */
export async function percentRight(network: Classifier, { images, labels }: Images): Promise<number> {
  const [found, truth] = [await predict(network, images), await labels.data<'int32'>()];
  return (100 * truth.filter((digit, i) => digit === found[i]).length) / truth.length;
}
