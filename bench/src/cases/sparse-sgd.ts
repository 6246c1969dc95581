/** The largest of a million gradients, which is what is sent of them: ours are exact and come with their places, tfjs sorts. */
import { topK } from '@saccade/sparse-sgd';
import { type Tensor, tensor } from '@saccade/tensor';
import { type Case, tfjsBar } from '../harness/case.js';
import { randomValues } from '../harness/random-values.js';
import { type Input, sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';

const [length, k] = [1_000_000, 1000];

/** The sum of squares of the largest entries: orders differ. */
function ours(x: Tensor): Tensor {
  let sum = 0;
  for (const value of topK(x, k).values) sum += value * value;
  return tensor([sum]) as unknown as Tensor;
}

export function sparseSgdCases(peers: Peers): Case[] {
  const gradient: Input = { values: randomValues(length, 21), shape: [length] };
  return [
    {
      group: 'gradient compression',
      name: 'top 0.1 % of 1,000,000',
      bar: tfjsBar(3),
      contenders: sideBySide(peers, [gradient], {
        saccade: (x) => ours(x!),
        tfjs: (tf, x) => tf.reshape(tf.sum(tf.topk(tf.mul(x!, x!), k).values), [1]),
      }),
    },
  ];
}
