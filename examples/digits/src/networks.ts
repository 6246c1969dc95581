/** The networks that read digits, and the plain classifier they are measured against. */
import { BatchNorm, Conv2d, Flatten, kaimingNormal, Linear, MaxPool2d, ReLU, Sequential } from '@saccade/nn';
import type { Rng } from '@saccade/tensor';

/** Two convolutions for images [batch, 8, 8, 1]: scores of ten digits. */
export function smallNetwork(rng: Rng): Sequential {
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

/** Two convolutions with batch norm for images [batch, 28, 28, 1]. */
export function largeNetwork(rng: Rng): Sequential {
  const block = (inputs: number, outputs: number) => [
    new Conv2d(inputs, outputs, 3, { padding: 'same', bias: false, initializer: kaimingNormal(), rng }),
    new BatchNorm(outputs),
    new ReLU(),
    new MaxPool2d(2),
  ];
  return new Sequential(...block(1, 16), ...block(16, 32), new Flatten(), new Linear(7 * 7 * 32, 10, { rng }));
}

/** A weight for each pixel and digit: what can be had without looking at shapes. */
export function linearClassifier(pixels: number, rng: Rng): Sequential {
  return new Sequential(new Flatten(), new Linear(pixels, 10, { rng }));
}
