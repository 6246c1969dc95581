/** Convolutions of all forms with random weights, to convert. */
import type { Convolution } from '@saccade/attention-conv';
import { Rng, type Tensor } from '@saccade/tensor';

/** A convolution and images for it. */
export interface Case {
  readonly name: string;
  readonly conv: Convolution;
  /** [batch, ...spatial, channels]. */
  readonly images: Tensor;
}

/** Weight [out, in / groups, ...taps], image extents, and the rest. */
type Form = readonly [
  name: string,
  weight: readonly number[],
  extents: readonly number[],
  rest: Omit<Convolution, 'weight' | 'bias'>,
];

const forms: readonly Form[] = [
  ['3x3', [4, 3, 3, 3], [12, 12], { padding: 1 }],
  ['3x3, not padded', [3, 2, 3, 3], [9, 7], {}],
  ['5x5, stride 2', [3, 2, 5, 5], [11, 10], { stride: 2, padding: 2 }],
  ['2x2, padded behind', [2, 3, 2, 2], [8, 8], { padding: [[0, 1], [0, 1]] }], // biome-ignore format: pairs
  ['3x3, dilation 2', [2, 2, 3, 3], [10, 10], { padding: 2, dilation: 2 }],
  ['two groups', [6, 2, 3, 3], [8, 8], { padding: 1, groups: 2 }],
  ['depthwise', [3, 1, 3, 3], [8, 9], { padding: 1, groups: 3 }],
  ['1x1', [4, 5, 1, 1], [6, 6], {}],
  ['replicate', [3, 2, 3, 3], [8, 8], { padding: 1, paddingMode: 'replicate' }],
  ['reflect', [2, 2, 3, 3], [8, 8], { padding: 1, paddingMode: 'reflect' }],
  ['circular', [2, 2, 3, 3], [8, 9], { padding: 1, paddingMode: 'circular' }],
  ['a signal, causal', [3, 2, 3], [24], { padding: [[8, 0]], dilation: 4 }],
  ['a volume', [2, 2, 3, 3, 3], [5, 5, 5], { padding: 1 }],
  ['patches', [4, 3, 4, 4], [12, 12], { stride: 4 }],
];

/** All forms, with standard normal weights, biases and images. */
export function randomCases(seed: number, dtype: 'float32' | 'float64'): Case[] {
  const rng = new Rng(seed);
  return forms.map(([name, weight, extents, rest]) => {
    const inputs = (weight[1] as number) * (rest.groups ?? 1);
    return {
      name,
      conv: { ...rest, weight: rng.normal(weight, { dtype }), bias: rng.normal([weight[0] as number], { dtype }) },
      images: rng.normal([2, ...extents, inputs], { dtype }),
    };
  });
}
