/** Gaussian attention of the paper, 9 heads on two images of 32 x 32 pixels and 64 channels: against the graph that the equations spell out, in tfjs. */
import { QuadraticAttention } from '@saccade/attention-conv';
import { assign, Rng, type Tensor, tensor } from '@saccade/tensor';
import { type Case, tfjsBar } from '../harness/case.js';
import { randomValues } from '../harness/random-values.js';
import { type Forms, type Input, sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';

const [batch, side, channels, heads] = [2, 32, 64, 9];
const pixels = side * side;

/** Centres on the taps of a 3 x 3 kernel, and a little beside them. */
const centers = Float32Array.from(
  { length: 2 * heads },
  (_, i) => (i % 2 === 0 ? Math.floor(i / 6) : (i >> 1) % 3) - 0.9,
);
const spread = 1.2;

/** Of each offset key - query what the scores are linear in, (d1, d2, |d|^2), a column a pair of pixels: [3, pixels pixels]. The release keeps it as a buffer. */
function offsets(): Float32Array {
  const values = new Float32Array(3 * pixels * pixels);
  for (let pair = 0; pair < pixels * pixels; pair++) {
    const [query, key] = [Math.floor(pair / pixels), pair % pixels];
    const down = Math.floor(key / side) - Math.floor(query / side);
    const right = (key % side) - (query % side);
    values[pair] = down;
    values[pixels * pixels + pair] = right;
    values[2 * pixels * pixels + pair] = down * down + right * right;
  }
  return values;
}

/** -1/2 s^2 (-2 m1, -2 m2, 1) of each head: [heads, 3]. */
function headVectors(): Float32Array {
  return Float32Array.from({ length: 3 * heads }, (_, i) => {
    const [h, j] = [Math.floor(i / 3), i % 3];
    return -0.5 * spread ** 2 * (j === 2 ? 1 : -2 * (centers[2 * h + j] as number));
  });
}

const tfjs: NonNullable<Forms['tfjs']> = (tf, x, weight, vectors, r) => {
  const weights = tf.softmax(tf.reshape(tf.matMul(vectors!, r!), [heads, pixels, pixels]));
  // All images side by side, so that the weights of a head are read once.
  const columns = tf.reshape(tf.transpose(x!, [1, 2, 0, 3]), [pixels, batch * channels]);
  const mixed = tf.matMul(tf.reshape(weights, [heads * pixels, pixels]), columns);
  const joined = tf.transpose(tf.reshape(mixed, [heads, pixels, batch, channels]), [2, 1, 0, 3]);
  const out = tf.matMul(tf.reshape(joined, [batch * pixels, heads * channels]), weight!, false, true);
  return tf.reshape(out, [batch, side, side, channels]);
};

function layerWith(weight: Tensor): QuadraticAttention {
  const layer = new QuadraticAttention({ inputs: channels, heads, bias: false, rng: new Rng(1) });
  assign(layer.weight, weight);
  assign(layer.centers, tensor(centers, { shape: [heads, 2] }));
  assign(layer.spreads, tensor(new Float32Array(heads).fill(spread)));
  return layer;
}

export function attentionConvCases(peers: Peers): Case[] {
  const inputs: Input[] = [
    { values: randomValues(batch * pixels * channels, 30), shape: [batch, side, side, channels] },
    { values: randomValues(channels * heads * channels, 31), shape: [channels, heads * channels] },
    { values: headVectors(), shape: [heads, 3] },
    { values: offsets(), shape: [3, pixels * pixels] },
  ];
  let layer: QuadraticAttention | undefined;
  const saccade = (x?: Tensor, weight?: Tensor): Tensor => {
    layer ??= layerWith(weight as Tensor);
    return layer.forward(x as Tensor);
  };
  return [
    {
      group: 'Gaussian attention [2, 32, 32, 64], 9 heads',
      name: 'forward',
      bar: tfjsBar(4),
      contenders: sideBySide(peers, inputs, { saccade, tfjs }),
    },
  ];
}
