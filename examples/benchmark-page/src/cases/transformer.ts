/**
 * One training step of a transformer encoder, norms first: forward, backward and Adam; the loss is the mean squared error to
 * fixed targets. GELU is the tanh form in all libraries.
 */
import { meanSquaredError, TransformerEncoder } from '@saccade/nn';
import { gelu, Rng, tensor } from '@saccade/tensor';
import type { Case } from '../bench/case.js';
import { saccadeTraining } from '../libraries/saccade.js';
import { type Tfjs, type TfTensor, tfjsTraining } from '../libraries/tfjs.js';
import { randomInput } from './inputs.js';
import { startValues } from './start-values.js';

export interface EncoderSizes {
  readonly layers: number;
  readonly batch: number;
  readonly length: number;
  readonly channels: number;
  readonly heads: number;
}

/** The same start values at each call, on every device. */
function network({ layers, channels, heads }: EncoderSizes): TransformerEncoder {
  return new TransformerEncoder(layers, channels, heads, {
    rng: new Rng(30),
    hidden: 4 * channels,
    activation: (x) => gelu(x, 'tanh'),
    normFirst: true,
  });
}

/** The encoder as a tfjs user writes it: activations stand as [batch length, channels]. */
function tfjsEncoder(tf: Tfjs, sizes: EncoderSizes, parameter: (name: string) => TfTensor, input: TfTensor): TfTensor {
  const { layers, batch, length, channels, heads } = sizes;
  const width = channels / heads;
  const map = (x: TfTensor, weight: string, bias: string) => tf.add(tf.matMul(x, parameter(weight)), parameter(bias));
  const linear = (x: TfTensor, name: string) => map(x, `${name}.weight`, `${name}.bias`);
  const norm = (x: TfTensor, name: string) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(normal, parameter(`${name}.weight`)), parameter(`${name}.bias`));
  };
  const gelu = (x: TfTensor) => {
    const inner = tf.mul(tf.add(tf.mul(tf.mul(tf.mul(x, x), x), 0.044715), x), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  };
  const attend = (x: TfTensor, name: string) => {
    const all = map(x, `${name}.in_proj_weight`, `${name}.in_proj_bias`);
    const byHead = tf.transpose(tf.reshape(all, [batch, length, 3 * heads, width]), [2, 0, 1, 3]);
    const [q, k, v] = tf.split(tf.reshape(byHead, [3 * heads * batch, length, width]), 3, 0);
    const scores = tf.mul(tf.matMul(q!, k!, false, true), 1 / Math.sqrt(width));
    const seen = tf.reshape(tf.matMul(tf.softmax(scores), v!), [heads, batch, length, width]);
    return linear(tf.reshape(tf.transpose(seen, [1, 2, 0, 3]), [batch * length, channels]), `${name}.out_proj`);
  };
  let x = input;
  for (let i = 0; i < layers; i++) {
    x = tf.add(x, attend(norm(x, `layers.${i}.norm1`), `layers.${i}.self_attn`));
    x = tf.add(x, linear(gelu(linear(norm(x, `layers.${i}.norm2`), `layers.${i}.linear1`)), `layers.${i}.linear2`));
  }
  return norm(x, 'norm');
}

export function transformerStep(sizes: EncoderSizes): Case {
  const { layers, batch, length, channels, heads } = sizes;
  const shape = [batch, length, channels];
  return {
    name: `training step, transformer ${layers} x ${channels}, batch ${batch} of ${length}`,
    torch: { kind: 'transformer', sizes: [layers, batch, length, channels, heads] },
    prepare() {
      const inputs = [31, 32].map((seed) => randomInput(shape, seed));
      const start = startValues(network(sizes));
      return {
        saccade() {
          const [x, y] = inputs.map(({ values }) => tensor(values, { shape }));
          return saccadeTraining(network(sizes), [x!, y!], (model) => meanSquaredError(model.forward(x!), y!));
        },
        tfjs: (tf) => {
          const flat = inputs.map(({ values }) => ({ values, shape: [batch * length, channels] }));
          return tfjsTraining(tf, start, flat, (parameter, x, y) =>
            tf.mean(tf.squaredDifference(tfjsEncoder(tf, sizes, parameter, x!), y!)),
          );
        },
      };
    },
  };
}
