/** The handwritten digits of 8 x 8 pixels, 1,200 to train on and 597 to test with, always the same. */
import { actOnImages, augment, type Group } from '@saccade/equivariant-attention';
import { digits8x8 } from '@saccade/nn';
import { gather, type Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { numpyPermutation } from './numpy-permutation.js';

/** Images [count, height, width, 1], and their labels, int32 [count]. */
export interface Images {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Images to train on, and to test with. */
export interface Parts {
  readonly train: Images;
  readonly test: Images;
}

const TRAINING_SIZE = 1200;

/** The digits in two parts, in the order of NumPy's `RandomState(0).permutation(1797)`. Ink is 1, paper 0. */
export function digits(): Parts {
  return scope(() => {
    const { pixels, labels } = digits8x8();
    const images = tensor(
      Float32Array.from(pixels, (value) => value / 16),
      { shape: [labels.length, 8, 8, 1] },
    );
    const all = { images, labels: tensor(Int32Array.from(labels)) };
    const order = numpyPermutation(0, labels.length);
    return {
      train: rowsOf(all, order.slice(0, TRAINING_SIZE)),
      test: rowsOf(all, order.slice(TRAINING_SIZE)),
    };
  });
}

/** The images at some places. */
export function rowsOf({ images, labels }: Images, rows: Int32Array): Images {
  return scope(() => {
    const places = tensor(rows);
    return { images: gather(images, places), labels: gather(labels, places) };
  });
}

/** Images turned by one element of a group. */
export function turned({ images, labels }: Images, group: Group, element: number): Images {
  return { images: actOnImages(images, group, element), labels };
}

/** Each image turned by a quarter turn of its own, or none. */
export function randomlyTurned({ images, labels }: Images, rng: Rng): Images {
  return { images: augment(images, { rng, group: 'p4' }), labels };
}
