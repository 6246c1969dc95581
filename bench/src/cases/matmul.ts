/** The float32 matrix product: squares, the tall and flat shapes that layers make, and a batch. */
import { matmul } from '@saccade/tensor';
import { type Bar, type Case, tfjsBar } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import { sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';

interface Product {
  readonly batch?: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly bar: Bar;
}

const square = (size: number, bar: Bar): Product => ({ m: size, k: size, n: size, bar });

const products: readonly Product[] = [
  square(64, tfjsBar(1)),
  ...[128, 256, 512, 768, 1024].map((size) => square(size, tfjsBar(1.3, 1.5))),
  { m: 8192, k: 64, n: 64, bar: tfjsBar(1) },
  { m: 64, k: 768, n: 768, bar: tfjsBar(1) },
  { batch: 96, m: 64, k: 64, n: 64, bar: tfjsBar(1) },
];

// One row by one column per thread, as gpu.js's own examples write it.
const gpujsSource = `function (a, b) {
  let sum = 0;
  for (let i = 0; i < this.constants.k; i++) sum += a[this.thread.y][i] * b[i][this.thread.x];
  return sum;
}`;

export function matmulCases(peers: Peers): Case[] {
  return products.map(({ batch, m, k, n, bar }) => {
    const lead = batch === undefined ? [] : [batch];
    return {
      group: 'matrix product',
      name: `matmul ${batch === undefined ? '' : `${batch} of `}${m}x${k}x${n}`,
      operations: 2 * (batch ?? 1) * m * k * n,
      bar,
      contenders: sideBySide(peers, [randomInput([...lead, m, k], 1), randomInput([...lead, k, n], 2)], {
        saccade: (a, b) => matmul(a, b),
        tfjs: (tf, a, b) => tf.matMul(a, b),
        'jax-js': (jx, a, b) => jx.numpy.matmul(a, b),
        ...(batch === undefined && { 'gpu.js': { source: gpujsSource, output: [n, m], constants: { k } } }),
      }),
    };
  });
}
