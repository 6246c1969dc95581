/** The residual curve of attention with skips, BERT-base's sizes at 128 tokens: forward pass and norms of all layers, against the same in tfjs. */
import { modelOfLayers, residualCurve } from '@saccade/rank-collapse';
import { dispose, tensor } from '@saccade/tensor';
import { type Case, type Contender, tfjsBar } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import type { Input } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';
import type { Tfjs, TfTensor } from '../peers/tfjs.js';
import { fastParts } from '../peers/tfjs-transformer.js';

const [tokens, width, heads, depth] = [128, 768, 12, 12];
const each = width / heads;

const states = (): Input => randomInput([tokens, width], 70);
/** Query, key, value and output of each layer, [out, in]; normal enough in size. */
const weights = (): Input[] => Array.from({ length: 4 * depth }, (_, i) => randomInput([width, width], 71 + i, 0.035));

function saccade(): Contender {
  const x = tensor(states().values, { shape: [tokens, width] });
  const all = weights().map(({ values, shape }) => ({ weight: tensor(values, { shape }) }));
  const model = modelOfLayers(
    Array.from({ length: depth }, (_, i) => {
      const [query, key, value, output] = all.slice(4 * i, 4 * i + 4) as [
        (typeof all)[0],
        (typeof all)[0],
        (typeof all)[0],
        (typeof all)[0],
      ];
      return { order: 'post', attention: { query, key, value, output, heads } };
    }),
  );
  const curve = () => residualCurve(model, x);
  return {
    run: async () => void (await curve()),
    values: async () => Float32Array.from((await curve()).points, ({ ratio }) => ratio.mean),
    dispose: () => dispose([x, all]),
  };
}

/** |X|_{1,inf}. */
function composite(tf: Tfjs, x: TfTensor): TfTensor {
  const size = tf.abs(x);
  return tf.sqrt(tf.mul(tf.max(tf.sum(size, 0)), tf.max(tf.sum(size, 1))));
}

/** Queries, keys and values [3 heads, tokens, each] to what heads read [heads, tokens, each]. */
type Attend = (qkv: TfTensor) => TfTensor;

function plainAttention(tf: Tfjs): Attend {
  return (qkv) => {
    const [q, k, v] = tf.split(qkv, 3, 0) as [TfTensor, TfTensor, TfTensor];
    return tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(each))), v);
  };
}

/** Weights are turned to [in, out] before, as tfjs is slow on those that must be turned. */
function tfjs(tf: Tfjs, attend: Attend): Contender {
  const turned = ({ values, shape }: Input): TfTensor => tf.tidy(() => tf.transpose(tf.tensor(values, shape), [1, 0]));
  const [x, all] = [tf.tensor(states().values, [tokens, width]), weights().map(turned)];
  const byHead = (y: TfTensor): TfTensor => tf.transpose(tf.reshape(y, [tokens, heads, each]), [1, 0, 2]);
  const ratio = (y: TfTensor): TfTensor => tf.div(composite(tf, tf.sub(y, tf.mean(y, 0, true))), composite(tf, y));
  const curve = (): TfTensor => {
    const ratios = [ratio(x)];
    let at = x;
    for (let layer = 0; layer < depth; layer++) {
      const [q, k, v, out] = all.slice(4 * layer, 4 * layer + 4) as [TfTensor, TfTensor, TfTensor, TfTensor];
      const read = attend(
        tf.concat(
          [q, k, v].map((w) => byHead(tf.matMul(at, w))),
          0,
        ),
      );
      at = tf.add(at, tf.matMul(tf.reshape(tf.transpose(read, [1, 0, 2]), [tokens, width]), out));
      ratios.push(ratio(at));
    }
    return tf.concat(
      ratios.map((r) => tf.reshape(r, [1])),
      0,
    );
  };
  // The numbers are on the host in the end, as ours are.
  const values = async (): Promise<Float32Array> => {
    const result = tf.tidy(curve);
    const data = (await result.data()) as Float32Array;
    tf.dispose(result);
    return data;
  };
  return { run: async () => void (await values()), values, dispose: () => tf.dispose([x, ...all]) };
}

export function rankCollapseCases({ tfjs: tf }: Peers): Case[] {
  return [
    {
      group: 'residual curve of 12 layers of attention with skips, 128 tokens of 768 channels',
      name: 'residual curve',
      operations: depth * (4 * 2 * tokens * width ** 2 + 4 * tokens ** 2 * width),
      bar: tfjsBar(3),
      contenders: {
        saccade,
        tfjs: tf && (() => tfjs(tf, plainAttention(tf))),
        'tfjs rewritten': tf && (() => tfjs(tf, fastParts(tf).attention)),
      },
    },
  ];
}
