/** The handwritten digits that ship with this example: 1,297 to train on, 500 to test with. */
import { gather, loadSafetensors, scope, type Tensor } from '@saccade/tensor';
import type { Digits } from './train.js';

const trainingSize = 1297;

/** Reads the data and splits it as its file says. */
export async function loadDigits(): Promise<{ train: Digits; test: Digits }> {
  return scope(async () => {
    const { tensors } = await loadSafetensors(new URL('../data/digits.safetensors', import.meta.url));
    const stored = (name: string): Tensor => tensors.get(name) as Tensor;
    const images = stored('images').cast('float32').div(16).expandDims(-1);
    const labels = stored('labels').cast('int32');
    const part = (range: string): Digits => {
      const rows = stored('permutation').at(range);
      return { images: gather(images, rows), labels: gather(labels, rows) };
    };
    return { train: part(`:${trainingSize}`), test: part(`${trainingSize}:`) };
  });
}
