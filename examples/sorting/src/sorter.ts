/** A transformer that sorts letters, and its training on sequences that are drawn as it goes. */
import {
  Adam,
  accuracy,
  cosine,
  crossEntropy,
  Embedding,
  inference,
  Linear,
  Module,
  normalInitializer,
  TransformerEncoder,
} from '@saccade/nn';
import { add, Rng, scope, sort, type Tensor } from '@saccade/tensor';

/** Length of the sequences, and number of letters. */
export const task = { length: 8, letters: 10 } as const;

const channels = 48;

/** Letters and their places as vectors, an encoder, and scores of the letter that belongs at each place. */
export class Sorter extends Module<[letters: Tensor]> {
  readonly embedding: Embedding;
  readonly position: Embedding;
  readonly encoder: TransformerEncoder;
  readonly head: Linear;

  constructor(layers: number, rng: Rng) {
    super();
    const initializer = normalInitializer(0.3);
    this.embedding = new Embedding(task.letters, channels, { rng, initializer });
    this.position = new Embedding(task.length, channels, { rng, initializer });
    this.encoder = new TransformerEncoder(layers, channels, 4, {
      rng,
      hidden: 2 * channels,
      activation: 'gelu',
      normFirst: true,
    });
    this.head = new Linear(channels, task.letters, { rng });
  }

  /** letters int32 [batch, length] -> scores [batch, length, letters]. */
  override forward(letters: Tensor): Tensor {
    return scope(() => {
      const x = add(this.embedding.forward(letters), this.position.weight);
      return this.head.forward(this.encoder.forward(x));
    });
  }
}

/** Sequences of letters drawn evenly, and the same in order: int32 [count, length] each. */
export function draw(count: number, rng: Rng): { readonly letters: Tensor; readonly sorted: Tensor } {
  return scope(() => {
    const letters = rng.integers([count, task.length], 0, task.letters);
    return { letters, sorted: sort(letters).values };
  });
}

/** How to train. */
export interface TrainOptions {
  readonly steps: number;
  readonly seed: number;
  /** Called after each step; awaited. */
  readonly onStep: (step: number, loss: number) => void | Promise<void>;
}

/** Trains on new sequences at every step. */
export async function train(sorter: Sorter, { steps, seed, onStep }: TrainOptions): Promise<void> {
  const rng = new Rng(seed);
  using optimizer = new Adam(sorter, { rate: cosine({ rate: 2e-3, steps, warmUp: 50 }), clipNorm: 1 });
  for (let step = 1; step <= steps; step++) {
    const loss = await scope(async () => {
      const { letters, sorted } = draw(64, rng);
      return (await optimizer.minimize(() => crossEntropy(sorter.forward(letters), sorted)).data())[0] as number;
    });
    await onStep(step, loss);
  }
}

/** Share of places with the right letter, in percent, over new sequences. */
export async function percentRight(sorter: Sorter, count: number, seed: number): Promise<number> {
  return inference(sorter, async () => {
    const { letters, sorted } = draw(count, new Rng(seed));
    return 100 * ((await accuracy(sorter.forward(letters), sorted).data())[0] as number);
  });
}

/** The best that can be done without looking at the letters, in percent: at each place the letter that is most often there. */
export async function percentBlind(count: number, seed: number): Promise<number> {
  const sorted = await scope(async () => draw(count, new Rng(seed)).sorted.data<'int32'>());
  let right = 0;
  for (let place = 0; place < task.length; place++) {
    const counts = new Array<number>(task.letters).fill(0);
    for (let i = place; i < sorted.length; i += task.length)
      counts[sorted[i] as number] = (counts[sorted[i] as number] as number) + 1;
    right += Math.max(...counts);
  }
  return (100 * right) / sorted.length;
}
