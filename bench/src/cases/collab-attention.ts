/** A layer with shared keys and queries, BERT's sizes at 128 tokens, against the same graph in tfjs. */
import { CollaborativeAttention } from '@saccade/collab-attention';
import { assign, Rng, scope, type Tensor } from '@saccade/tensor';
import { type Case, tfjsBar } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import { type Forms, sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';

const [length, width, heads] = [128, 768, 12];
const each = width / heads;
const scale = 1 / Math.sqrt(each);

/** Weights in the order of the inputs: x, query, key, mixing, content bias, value, dense; all small enough for soft scores. */
function inputsOf(rank: number) {
  const shapes = [
    [1, length, width],
    [rank, width],
    [rank, width],
    [heads, rank],
    [heads, width],
    [width, width],
    [width, width],
  ];
  return shapes.map((shape, i) => randomInput(shape, 40 + i, i === 0 ? 1 : 0.05));
}

/** As the equations stand: mixed queries of all heads against the one key. */
const tfjs: NonNullable<Forms['tfjs']> = (tf, x, query, key, mixing, content, value, dense) => {
  const rank = query!.shape[0] as number;
  const rows = tf.reshape(x!, [length, width]);
  const map = (weight: typeof x) => tf.matMul(rows, weight!, false, true);
  const mixed = tf.mul(tf.reshape(map(query), [1, length, rank]), tf.reshape(mixing!, [heads, 1, rank]));
  const products = tf.matMul(tf.reshape(mixed, [heads * length, rank]), map(key), false, true);
  const bias = tf.reshape(tf.transpose(map(content), [1, 0]), [heads, 1, length]);
  const scores = tf.mul(tf.add(tf.reshape(products, [heads, length, length]), bias), scale);
  const values = tf.transpose(tf.reshape(map(value), [length, heads, each]), [1, 0, 2]);
  const attended = tf.transpose(tf.matMul(tf.softmax(scores), values), [1, 0, 2]);
  const out = tf.matMul(tf.reshape(attended, [length, width]), dense!, false, true);
  return tf.reshape(out, [1, length, width]);
};

const names = ['query.weight', 'key.weight', 'mixing', 'content_bias.weight', 'value.weight', 'dense.weight'];

function layerWith(rank: number, weights: readonly Tensor[]): CollaborativeAttention {
  const options = { width, heads, sharedDim: rank, valueBias: false, denseBias: false };
  const layer = new CollaborativeAttention({ ...options, rng: new Rng(1) });
  const parameters = layer.parameters();
  scope(() => names.forEach((name, i) => void assign(parameters.get(name) as Tensor, weights[i] as Tensor)));
  return layer.eval();
}

export function collabAttentionCases(peers: Peers): Case[] {
  return [768, 384, 256, 128].map((rank): Case => {
    let layer: CollaborativeAttention | undefined;
    const saccade = (x: Tensor, ...weights: Tensor[]): Tensor => {
      layer ??= layerWith(rank, weights);
      return layer.forward(x);
    };
    return {
      group: 'shared keys and queries, 128 tokens of 768 channels, 12 heads',
      name: `${rank} shared dimensions, forward`,
      bar: tfjsBar(3),
      contenders: sideBySide(peers, inputsOf(rank), { saccade: saccade as NonNullable<Forms['saccade']>, tfjs }),
    };
  });
}
