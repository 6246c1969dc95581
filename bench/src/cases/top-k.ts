/** The perturbed top-k of the paper, 10 of 900 scores: the expectation that tfjs estimates from 500 samples. tfjs has no gradient of it. */
import { Rng } from '@saccade/tensor';
import { topK } from '@saccade/topk';
import { type Case, tfjsBar } from '../harness/case.js';
import { randomValues } from '../harness/random-values.js';
import { type Forms, type Input, sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';

const [n, k, samples, sigma] = [900, 10, 500, 0.05];

const tfjs: NonNullable<Forms['tfjs']> = (tf, x) => {
  const perturbed = tf.add(x, tf.mul(tf.randomNormal([samples, n]), sigma));
  const rows = tf.mean(tf.oneHot(tf.topk(perturbed, k).indices, n), 0);
  return tf.sum(rows, 0);
};

export function topKCases(peers: Peers): Case[] {
  const scores: Input = { values: randomValues(n, 12).map((value) => (value + 1) / 2), shape: [1, n] };
  const rng = new Rng(1);
  const one = (name: string, saccade: NonNullable<Forms['saccade']>): Case => ({
    group: 'differentiable top-k, 10 of 900',
    name,
    bar: tfjsBar(5),
    // Estimates of one expectation from different samples; the exact one is what both estimate.
    tolerance: 0.15,
    contenders: sideBySide(peers, [scores], { saccade, tfjs }),
  });
  return [
    one('exact, against 500 samples', (x) => topK(x!, { k, sigma }).toMask().reshape([n])),
    one('500 samples', (x) => topK(x!, { k, sigma, method: 'perturbed', samples, rng }).toMask().reshape([n])),
  ];
}
