/** The handwritten digits of 8 x 8 pixels: 1,297 to train on, 500 to test with. */
import { digits8x8 } from '@saccade/nn';
import { gather, Rng, scope, type Tensor, tensor } from '@saccade/tensor';

/** Images [count, 8, 8, 1] with values 0 to 1, and their labels, int32 [count]. */
export type Digits = { readonly images: Tensor; readonly labels: Tensor };

const TRAINING_SIZE = 1297;

/** The digits in two parts, told apart by chance. */
export function loadDigits(seed: number): { readonly train: Digits; readonly test: Digits } {
  return scope(() => {
    const { pixels, labels } = digits8x8();
    const ink = Float32Array.from(pixels, (value) => value / 16);
    const images = tensor(ink, { shape: [labels.length, 8, 8, 1] });
    const digits = tensor(Int32Array.from(labels));
    const order = new Rng(seed).permutation(labels.length);
    const part = (range: string): Digits => {
      const rows = order.at(range);
      return { images: gather(images, rows) as Tensor, labels: gather(digits, rows) as Tensor };
    };
    return { train: part(`:${TRAINING_SIZE}`), test: part(`${TRAINING_SIZE}:`) };
  });
}
