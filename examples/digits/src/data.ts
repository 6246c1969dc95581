/** The handwritten digits of 8 x 8 pixels: 1,297 to train on, 500 to test with. */
import { digits8x8 } from '@saccade/nn';
import { gather, Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import type { Digits } from './train.js';

const trainingSize = 1297;
/** Of the split, which is the same whatever the seed of the training: neither the easiest nor the hardest of a few that were tried. */
const splitSeed = 3;

/** The digits in two parts, told apart by chance. */
export function loadDigits(): { train: Digits; test: Digits } {
  return scope(() => {
    const { pixels, labels } = digits8x8();
    const ink = Float32Array.from(pixels, (value) => value / 16);
    const images = tensor(ink, { shape: [labels.length, 8, 8, 1] });
    const digits = tensor(Int32Array.from(labels));
    const order = new Rng(splitSeed).permutation(labels.length);
    const part = (range: string): Digits => {
      const rows = order.at(range);
      return { images: gather(images, rows) as Tensor, labels: gather(digits, rows) as Tensor };
    };
    return { train: part(`:${trainingSize}`), test: part(`${trainingSize}:`) };
  });
}
