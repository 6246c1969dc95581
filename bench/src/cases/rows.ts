/** Softmax, layer norm and reductions of a 1000 by 1000 matrix. */
import { layerNorm, logSumExp, max, mean, softmax, sum } from '@saccade/tensor';
import { type Case, tfjsBar } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import { type Forms, type Input, sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';

const size = 1000;

const softmaxForms: Forms = {
  saccade: (x) => softmax(x, { axis: -1 }),
  tfjs: (tf, x) => tf.softmax(x, -1),
  'jax-js': (jx, x) => jx.nn.softmax(x, -1),
};

const layerNormForms: Forms = {
  saccade: (x, gamma, beta) => layerNorm(x, { gamma, beta, epsilon: 1e-5 }),
  tfjs: (tf, x, gamma, beta) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(normal, gamma), beta);
  },
  'jax-js': (jx, x, gamma, beta) => jx.nn.standardize(x, -1).mul(gamma).add(beta),
};

const reductions: Record<string, Forms> = {
  'sum of all': {
    saccade: (x) => sum(x),
    tfjs: (tf, x) => tf.sum(x),
    'jax-js': (jx, x) => jx.numpy.sum(x),
  },
  'sum over axis 0': {
    saccade: (x) => sum(x, { axis: 0 }),
    tfjs: (tf, x) => tf.sum(x, 0),
    'jax-js': (jx, x) => jx.numpy.sum(x, 0),
  },
  'sum over axis 1': {
    saccade: (x) => sum(x, { axis: 1 }),
    tfjs: (tf, x) => tf.sum(x, 1),
    'jax-js': (jx, x) => jx.numpy.sum(x, 1),
  },
  'max of all': {
    saccade: (x) => max(x),
    tfjs: (tf, x) => tf.max(x),
    'jax-js': (jx, x) => jx.numpy.max(x),
  },
  'max over axis 1': {
    saccade: (x) => max(x, { axis: 1 }),
    tfjs: (tf, x) => tf.max(x, 1),
    'jax-js': (jx, x) => jx.numpy.max(x, 1),
  },
  'mean of all': {
    saccade: (x) => mean(x),
    tfjs: (tf, x) => tf.mean(x),
    'jax-js': (jx, x) => jx.numpy.mean(x),
  },
  'logsumexp over axis 1': {
    saccade: (x) => logSumExp(x, { axis: 1 }),
    tfjs: (tf, x) => tf.logSumExp(x, 1),
    'jax-js': (jx, x) => jx.nn.logsumexp(x, 1),
  },
};

export function rowCases(peers: Peers): Case[] {
  // A mean of 1/2, so that sums are no differences of large numbers.
  const x = randomInput([size, size], 5, 1, 0.5);
  const one = (group: string, name: string, forms: Forms, ...more: Input[]): Case => ({
    group: `${group}, ${size}x${size}`,
    name,
    bar: tfjsBar(1.2),
    contenders: sideBySide(peers, [x, ...more], forms),
  });
  return [
    one('softmax and norm', 'softmax of rows', softmaxForms),
    one('softmax and norm', 'layer norm of rows', layerNormForms, randomInput([size], 6), randomInput([size], 7)),
    ...Object.entries(reductions).map(([name, forms]) => one('reductions', name, forms)),
  ];
}
