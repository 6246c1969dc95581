/** Scaled-dot-product attention of 8 heads, length 512, 64 channels: ours fused, the peers' written in operations. */
import { attention, mul, sum, type Tensor, valueAndGrad } from '@saccade/tensor';
import { type Case, tfjsBar } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import { sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';
import type { Tfjs, TfTensor } from '../peers/tfjs.js';

const [heads, length, channels] = [8, 512, 64];
const shape = [heads, length, channels];
const scale = 1 / Math.sqrt(channels);

/** softmax(q kT scale) v in tfjs operations. */
function tfjsAttention(tf: Tfjs, q: TfTensor, k: TfTensor, v: TfTensor): TfTensor {
  return tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), scale)), v);
}

/** The same head by head with the keys transposed first: only products of two plain matrices are fast in tfjs. */
function tfjsAttentionByHead(tf: Tfjs, q: TfTensor, k: TfTensor, v: TfTensor): TfTensor {
  const head = (x: TfTensor, h: number) =>
    tf.reshape(tf.slice(x, [h, 0, 0], [1, length, channels]), [length, channels]);
  return tf.stack(
    Array.from({ length: heads }, (_, h) => {
      const scores = tf.matMul(head(q, h), tf.transpose(head(k, h), [1, 0]));
      return tf.matMul(tf.softmax(tf.mul(scores, scale)), head(v, h));
    }),
  );
}

export function attentionCases(peers: Peers): Case[] {
  const operations = 4 * heads * length * length * channels;
  const inputs = [11, 12, 13].map((seed) => randomInput(shape, seed));
  const common = { group: 'attention [8, 512, 64]', bar: tfjsBar(2) };
  return [
    {
      ...common,
      name: 'attention forward',
      operations,
      contenders: sideBySide(peers, inputs, {
        saccade: (q, k, v) => attention(q, k, v),
        tfjs: tfjsAttention,
        'tfjs rewritten': tfjsAttentionByHead,
        'jax-js': ({ numpy: { matmul, swapaxes }, nn }, q, k, v) =>
          matmul(nn.softmax(matmul(q, swapaxes(k, -1, -2)).mul(scale), -1), v),
      }),
    },
    {
      ...common,
      name: 'attention forward + backward',
      operations: 3.5 * operations,
      contenders: sideBySide(peers, [...inputs, randomInput(shape, 14)], {
        saccade: (q, k, v, dy) =>
          valueAndGrad((x: [Tensor, Tensor, Tensor]) => sum(mul(attention(...x), dy)))([q, k, v])[1],
        tfjs: (tf, q, k, v, dy) =>
          tf.grads((...x) => tfjsAttention(tf, ...(x as [TfTensor, TfTensor, TfTensor])))([q, k, v], dy),
        'tfjs rewritten': (tf, q, k, v, dy) =>
          tf.grads((...x) => tfjsAttentionByHead(tf, ...(x as [TfTensor, TfTensor, TfTensor])))([q, k, v], dy),
      }),
    },
  ];
}
