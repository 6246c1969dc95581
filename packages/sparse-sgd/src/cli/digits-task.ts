/** The task of reading digits of 8 x 8 pixels. */
import {
  Conv2d,
  crossEntropy,
  digits8x8,
  Flatten,
  inference,
  kaimingNormal,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from '@saccade/nn';
import { gather, Rng, type Tensor, tensor } from '@saccade/tensor';
import { shuffled } from './shuffled.js';
import { rightOf, type Score, type Task } from './task.js';

/** Digits to learn from; the others are for tests. */
const learned = 1297;

/** Two convolutions for images [batch, 8, 8, 1]: scores of ten digits. */
function network(rng: Rng): Sequential {
  const initializer = kaimingNormal();
  return new Sequential(
    new Conv2d(1, 16, 3, { padding: 'same', initializer, rng }),
    new ReLU(),
    new Conv2d(16, 32, 3, { padding: 'same', initializer, rng }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(4 * 4 * 32, 10, { rng }),
  );
}

/** The task: 1,297 digits to learn from and 500 to test with, told apart by the seed as the weights are. */
export function digitsTask(seed: number): Task {
  const { pixels, labels } = digits8x8();
  const order = shuffled(labels.length, new Rng(seed).derive(0));
  const images = tensor(
    Float32Array.from(pixels, (ink) => ink / 16),
    { shape: [labels.length, 8, 8, 1] },
  ) as Tensor;
  const digits = tensor(Int32Array.from(labels)) as unknown as Tensor;
  const model = network(new Rng(seed).derive(1));
  const held = order.subarray(learned);
  const scoresOf = (rows: Int32Array): readonly [scores: Tensor, digits: Tensor] => {
    const chosen = tensor(rows) as unknown as Tensor;
    return [model.forward(gather(images, chosen) as Tensor), gather(digits, chosen) as Tensor];
  };
  const score = (): Promise<Score> =>
    inference(model, async () => {
      const [scores, truth] = scoresOf(held);
      const loss = (await crossEntropy(scores, truth).data())[0]!;
      return { loss, accuracy: await rightOf(scores, truth), examples: held.length };
    });
  return {
    ...{ model, score, examples: learned, tested: 'test images' },
    loss: (rows) => crossEntropy(...scoresOf(rows.map((row) => order[row]!))) as Tensor,
  };
}
