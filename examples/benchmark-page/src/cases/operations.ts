/** Single operations and a chain: what the time of a network is made of. */
import { add, attention, layerNorm, matmul, mul, softmax, tanh } from '@saccade/tensor';
import type { Case } from '../bench/case.js';
import { computation } from './computation.js';
import { randomInput } from './inputs.js';

export function matrixProduct(size: number): Case {
  return computation({
    name: `matrix product ${size}`,
    torch: { kind: 'matrix product', sizes: [size] },
    operations: 2 * size ** 3,
    inputs: () => [randomInput([size, size], 1), randomInput([size, size], 2)],
    saccade: (a, b) => matmul(a!, b!),
    tfjs: (tf, a, b) => tf.matMul(a!, b!),
    jax: (jx, a, b) => jx.numpy.matmul(a!, b!),
  });
}

export function softmaxOfRows(rows: number, columns: number): Case {
  return computation({
    name: `softmax [${rows}, ${columns}]`,
    torch: { kind: 'softmax', sizes: [rows, columns] },
    inputs: () => [randomInput([rows, columns], 3)],
    saccade: (x) => softmax(x!, { axis: -1 }),
    tfjs: (tf, x) => tf.softmax(x!, -1),
    jax: (jx, x) => jx.nn.softmax(x!, -1),
  });
}

/** softmax(q kT / sqrt(channels)) v; ours is one operation, the peers write it out. */
export function attentionOfHeads(heads: number, length: number, channels: number): Case {
  const shape = [heads, length, channels];
  const scale = 1 / Math.sqrt(channels);
  return computation({
    name: `attention [${shape.join(', ')}]`,
    torch: { kind: 'attention', sizes: shape },
    operations: 4 * heads * length ** 2 * channels,
    inputs: () => [4, 5, 6].map((seed) => randomInput(shape, seed)),
    saccade: (q, k, v) => attention(q!, k!, v!),
    tfjs: (tf, q, k, v) => tf.matMul(tf.softmax(tf.mul(tf.matMul(q!, k!, false, true), scale)), v!),
    jax: ({ numpy: { matmul, swapaxes }, nn }, q, k, v) =>
      matmul(nn.softmax(matmul(q!, swapaxes(k!, -1, -2)).mul(scale), -1), v!),
  });
}

export function layerNormOfRows(rows: number, columns: number): Case {
  return computation({
    name: `layer norm [${rows}, ${columns}]`,
    torch: { kind: 'layer norm', sizes: [rows, columns] },
    inputs: () => [randomInput([rows, columns], 7), randomInput([columns], 8), randomInput([columns], 9)],
    saccade: (x, gamma, beta) => layerNorm(x!, { gamma: gamma!, beta: beta!, epsilon: 1e-5 }),
    tfjs: (tf, x, gamma, beta) => {
      const { mean, variance } = tf.moments(x!, -1, true);
      const normal = tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normal, gamma!), beta!);
    },
    jax: (jx, x, gamma, beta) => jx.nn.standardize(x!, -1).mul(gamma!).add(beta!),
  });
}

/** GELU by tanh, operation by operation: nine that only move memory. */
export function elementwiseChain(length: number): Case {
  const [cubic, outer] = [0.044715, 0.7978846];
  return computation({
    name: `elementwise chain, ${length.toExponential(0).replace('+', '')}`,
    torch: { kind: 'elementwise chain', sizes: [length] },
    inputs: () => [randomInput([length], 10)],
    saccade: (x) => {
      const inner = mul(add(mul(mul(mul(x!, x!), x!), cubic), x!), outer);
      return mul(mul(x!, 0.5), add(tanh(inner), 1));
    },
    tfjs: (tf, x) => {
      const inner = tf.mul(tf.add(tf.mul(tf.mul(tf.mul(x!, x!), x!), cubic), x!), outer);
      return tf.mul(tf.mul(x!, 0.5), tf.add(tf.tanh(inner), 1));
    },
    jax: (jx, x) => {
      const inner = x!.ref.mul(x!.ref).mul(x!.ref).mul(cubic).add(x!.ref).mul(outer);
      return x!.mul(0.5).mul(jx.numpy.tanh(inner).add(1));
    },
  });
}
