/** Element-wise functions of a million values, alone and in chains. */
import { add, div, erf, exp, mul, relu, sigmoid, tanh } from '@saccade/tensor';
import { type Case, tfjsBar } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import { type Forms, type GpuForm, sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';

const length = 1e6;

const gpu = (expression: string, parameters = 'x'): GpuForm => ({
  source: `function (${parameters}) { const i = this.thread.x; return ${expression}; }`,
  output: [length],
});

const unary: Record<string, Forms> = {
  exp: {
    saccade: (x) => exp(x),
    tfjs: (tf, x) => tf.exp(x),
    'jax-js': (jx, x) => jx.numpy.exp(x),
    'gpu.js': gpu('Math.exp(x[i])'),
  },
  tanh: {
    saccade: (x) => tanh(x),
    tfjs: (tf, x) => tf.tanh(x),
    'jax-js': (jx, x) => jx.numpy.tanh(x),
    'gpu.js': gpu('Math.tanh(x[i])'),
  },
  relu: {
    saccade: (x) => relu(x),
    tfjs: (tf, x) => tf.relu(x),
    'jax-js': (jx, x) => jx.nn.relu(x),
    'gpu.js': gpu('Math.max(x[i], 0)'),
  },
  sigmoid: {
    saccade: (x) => sigmoid(x),
    tfjs: (tf, x) => tf.sigmoid(x),
    'jax-js': (jx, x) => jx.nn.sigmoid(x),
    'gpu.js': gpu('1 / (1 + Math.exp(-x[i]))'),
  },
  'chain: gelu of erf': {
    saccade: (x) => mul(mul(x, 0.5), add(erf(div(x, Math.SQRT2)), 1)),
    tfjs: (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1)),
    'jax-js': (jx, x) => x.ref.mul(0.5).mul(jx.lax.erf(x.div(Math.SQRT2)).add(1)),
  },
  'chain: gelu of tanh': {
    saccade: (x) => {
      const cube = mul(mul(x, x), x);
      const inner = mul(add(mul(cube, 0.044715), x), 0.7978846);
      return mul(mul(x, 0.5), add(tanh(inner), 1));
    },
    tfjs: (tf, x) => {
      const cube = tf.mul(tf.mul(x, x), x);
      const inner = tf.mul(tf.add(tf.mul(cube, 0.044715), x), 0.7978846);
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
    },
    'jax-js': (jx, x) => {
      const cube = x.ref.mul(x.ref).mul(x.ref);
      const inner = cube.mul(0.044715).add(x.ref).mul(0.7978846);
      return x.mul(0.5).mul(jx.numpy.tanh(inner).add(1));
    },
  },
};

const binary: Record<string, Forms> = {
  add: {
    saccade: (x, y) => add(x, y),
    tfjs: (tf, x, y) => tf.add(x, y),
    'jax-js': (_, x, y) => x.add(y),
    'gpu.js': gpu('x[i] + y[i]', 'x, y'),
  },
  mul: {
    saccade: (x, y) => mul(x, y),
    tfjs: (tf, x, y) => tf.mul(x, y),
    'jax-js': (_, x, y) => x.mul(y),
    'gpu.js': gpu('x[i] * y[i]', 'x, y'),
  },
  'chain: tanh(x y + x) y': {
    saccade: (x, y) => mul(tanh(add(mul(x, y), x)), y),
    tfjs: (tf, x, y) => tf.mul(tf.tanh(tf.add(tf.mul(x, y), x)), y),
    'jax-js': (jx, x, y) => jx.numpy.tanh(x.ref.mul(y.ref).add(x)).mul(y),
  },
};

export function elementwiseCases(peers: Peers): Case[] {
  const x = randomInput([length], 3, 4);
  const y = randomInput([length], 4, 4);
  const cases = (forms: Record<string, Forms>, inputs: (typeof x)[]) =>
    Object.entries(forms).map(([name, form]) => ({
      group: 'element-wise, 1e6',
      name,
      bar: tfjsBar(1.2),
      contenders: sideBySide(peers, inputs, form),
    }));
  return [...cases(binary, [x, y]), ...cases(unary, [x])];
}
