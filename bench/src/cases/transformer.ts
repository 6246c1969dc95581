/**
 * One training step of a transformer encoder: forward, backward and Adam; 16 sequences of 64 tokens, 128 channels, 4 heads,
 * 2 layers with norms first, 512 hidden channels, the mean squared error to fixed targets. GELU is the tanh form in all: tfjs
 * can write it with its fast sigmoid, while the erf of the exact form takes sixteen times as long there.
 */
import { meanSquaredError, TransformerEncoder } from '@saccade/nn';
import { gelu, Rng, type Tensor, tensor } from '@saccade/tensor';
import type { Case, Contender } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import { saccadeTraining, startValues, tfjsTraining } from '../harness/training.js';
import type { Peers } from '../peers/start.js';
import type { Tfjs, TfTensor } from '../peers/tfjs.js';
import { fastParts, type TransformerParts } from '../peers/tfjs-transformer.js';

const [batch, length, channels, heads, depth, hidden] = [16, 64, 128, 4, 2, 512];
const rows = batch * length;
const headChannels = channels / heads;

/** The same start values at each call. */
function network(): TransformerEncoder {
  return new TransformerEncoder(depth, channels, heads, {
    rng: new Rng(40),
    hidden,
    activation: (x) => gelu(x, 'tanh'),
    normFirst: true,
  });
}

const input = () => randomInput([batch, length, channels], 41);
const target = () => randomInput([batch, length, channels], 42);

function saccade(): Contender {
  const [x, y] = [input(), target()].map(({ values, shape }) => tensor(values, { shape })) as [Tensor, Tensor];
  return saccadeTraining(network(), [x, y], (model) => meanSquaredError(model.forward(x), y));
}

/** The parts as a tfjs user writes them, linear maps on matrices; tfjs differentiates them. */
function plainParts(tf: Tfjs): TransformerParts {
  return {
    linear: (x, weight, bias) => tf.add(tf.matMul(x, weight), bias),
    attention: (qkv) => {
      const [q, k, v] = tf.split(qkv, 3, 0) as [TfTensor, TfTensor, TfTensor];
      const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(headChannels));
      return tf.matMul(tf.softmax(scores), v);
    },
    layerNorm: (x, gamma, beta) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), gamma), beta);
    },
    gelu: (x) => {
      const inner = tf.mul(tf.add(tf.mul(tf.mul(tf.mul(x, x), x), 0.044715), x), Math.sqrt(2 / Math.PI));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
    },
  };
}

/** Activations stand as [rows, channels], heads as [heads batch, length, channels / heads]. */
function tfjs(tf: Tfjs, parts: TransformerParts): Contender {
  const model = network();
  const start = startValues(model);
  model.dispose();
  const [x, y] = [input(), target()].map(({ values }) => tf.tensor(values, [rows, channels])) as [TfTensor, TfTensor];
  return tfjsTraining(tf, start, [x, y], (parameter) => {
    const linear = (x: TfTensor, name: string) =>
      parts.linear(x, parameter(`${name}.weight`), parameter(`${name}.bias`));
    const norm = (x: TfTensor, name: string) =>
      parts.layerNorm(x, parameter(`${name}.weight`), parameter(`${name}.bias`));
    const attend = (x: TfTensor, name: string) => {
      const all = parts.linear(x, parameter(`${name}.in_proj_weight`), parameter(`${name}.in_proj_bias`));
      const byHead = tf.transpose(tf.reshape(all, [batch, length, 3 * heads, headChannels]), [2, 0, 1, 3]);
      const seen = parts.attention(tf.reshape(byHead, [3 * heads * batch, length, headChannels]));
      const joined = tf.transpose(tf.reshape(seen, [heads, batch, length, headChannels]), [1, 2, 0, 3]);
      return linear(tf.reshape(joined, [rows, channels]), `${name}.out_proj`);
    };
    let at = x;
    for (let i = 0; i < depth; i++) {
      at = tf.add(at, attend(norm(at, `layers.${i}.norm1`), `layers.${i}.self_attn`));
      const inner = parts.gelu(linear(norm(at, `layers.${i}.norm2`), `layers.${i}.linear1`));
      at = tf.add(at, linear(inner, `layers.${i}.linear2`));
    }
    return tf.mean(tf.squaredDifference(norm(at, 'norm'), y));
  });
}

export function transformerCases({ tfjs: tf }: Peers): Case[] {
  return [
    {
      group: 'training step of a transformer encoder',
      name: 'transformer: forward, backward, Adam, [16, 64, 128]',
      bar: { peer: 'tfjs rewritten', simd: 2, relaxed: 2 }, // the harder one
      contenders: {
        saccade,
        tfjs: tf && (() => tfjs(tf, plainParts(tf))),
        'tfjs rewritten': tf && (() => tfjs(tf, fastParts(tf))),
      },
    },
  ];
}
