/** One filter two ways: as a convolution, and as attention that is the sharper the larger alpha is. */
import { type Convolution, certify, convToAttention } from '@saccade/attention-conv';
import { conv2d, pad, scope, type Tensor, tensor } from '@saccade/tensor';
import { type FilterName, kernelOf } from './filters.js';
import type { Photograph } from './photograph.js';

/** The filter as attention of one sharpness. */
export interface Step {
  readonly alpha: number;
  /** [height, width]. */
  readonly output: Float32Array;
  /** Less what the convolution gives. */
  readonly difference: Float32Array;
  /** The largest of it. */
  readonly maxError: number;
  /** What the certificate allows on this image. */
  readonly bound: number;
  /** Share of a head's weight that is not where the convolution looks, at most. */
  readonly epsBound: number;
  /** Whether weights are 1 and 0, so that only rounding is left. */
  readonly oneHot: boolean;
}

/** All of them. */
export interface Comparison {
  readonly height: number;
  readonly width: number;
  /** What the convolution gives: [height, width]. */
  readonly convolution: Float64Array;
  /** The largest absolute value of it. */
  readonly largest: number;
  /** Of a hundred values 99 are no larger. */
  readonly usual: number;
  readonly steps: readonly Step[];
}

/** The convolution in float64, with the border's pixels repeated: what attention without padding comes to (Lemma 2). */
function convolve(images: Tensor, kernel: number[][][][]): Float64Array {
  return scope(() => {
    const around = [1, 1] as const;
    const wide = pad(images.cast('float64'), [[0, 0], around, around, [0, 0]], 'replicate');
    const filter = tensor(kernel, { dtype: 'float64' }).transpose([2, 3, 1, 0]);
    return conv2d(wide, filter).dataSync<'float64'>().slice();
  });
}

async function step(images: Tensor, conv: Convolution, alpha: number, expected: Float64Array): Promise<Step> {
  const made = convToAttention(conv, { alpha, border: 'native' });
  const measured = await certify(made, conv, images);
  const out = made.layer.forward(images);
  const output = (await out.data<'float32'>()).slice();
  out.dispose();
  made.layer.dispose();
  const difference = output.map((value, i) => value - (expected[i] as number));
  const { epsBound, oneHot } = made.certificate;
  return {
    alpha: made.certificate.alpha,
    output,
    difference,
    maxError: measured.maxAbs,
    bound: measured.bound,
    epsBound,
    oneHot,
  };
}

/** Runs the filter on an image as a convolution and as attention. */
export async function compare(
  image: Photograph,
  filter: FilterName,
  alphas: readonly number[],
  tellAlpha: (alpha: number) => void = () => {},
): Promise<Comparison> {
  const { height, width, data } = image;
  const weight = kernelOf(filter);
  const images = tensor(data, { shape: [1, height, width, 3] });
  try {
    const convolution = convolve(images, weight);
    const steps: Step[] = [];
    for (const alpha of alphas) {
      tellAlpha(alpha);
      steps.push(await step(images, { weight, padding: 1, paddingMode: 'replicate' }, alpha, convolution));
    }
    const sizes = convolution.map(Math.abs).sort();
    const [largest, usual] = [1, 0.99].map((share) => sizes[Math.ceil(share * sizes.length) - 1]) as [number, number];
    return { height, width, convolution, largest, usual, steps };
  } finally {
    images.dispose();
  }
}
