/**
 * The parts of a transformer in the fastest tfjs operations that we found, with gradients of their own. In tfjs's wasm
 * backend only the product of two plain matrices, untransposed, takes the fast path; batches and transposed operands, and
 * with them the products in tfjs's own gradients, are about ten times slower. Its sigmoid is fast, its tanh, erf and the
 * sum over rows are not.
 */
import type { Tfjs, TfTensor } from './tfjs.js';

type Two = [TfTensor, TfTensor];
type Three = [TfTensor, TfTensor, TfTensor];

/** What an encoder is made of. */
export interface TransformerParts {
  /** [rows, inputs] by [inputs, outputs] plus bias. */
  linear(x: TfTensor, weight: TfTensor, bias: TfTensor): TfTensor;
  /** Queries, keys and values [3 heads, length, channels] to [heads, length, channels]. */
  attention(qkv: TfTensor): TfTensor;
  layerNorm(x: TfTensor, gamma: TfTensor, beta: TfTensor): TfTensor;
  gelu(x: TfTensor): TfTensor;
}

/** [n, ...] in n parts [1, ...], by fours: each slice copies all of what it is cut from. */
function pieces(tf: Tfjs, x: TfTensor): TfTensor[] {
  const n = x.shape[0] as number;
  if (n === 1) return [x];
  const parts = [4, 3, 2].find((divisor) => n % divisor === 0) ?? n;
  return tf.split(x, parts, 0).flatMap((part) => pieces(tf, part));
}

export function fastParts(tf: Tfjs): TransformerParts {
  const turn = (x: TfTensor): TfTensor => tf.transpose(x, x.shape.length === 2 ? [1, 0] : [0, 2, 1]);
  /** Sums over the rows as a product, which is faster than tfjs's sum. */
  const sumRows = (x: TfTensor): TfTensor => tf.reshape(tf.matMul(tf.ones([1, x.shape[0] as number]), x), [-1]);
  return {
    linear: tf.customGrad<Three>((x, weight, bias, save) => {
      save([x, weight]);
      return {
        value: tf.fused.matMul({ a: x, b: weight, bias }),
        gradFunc: (dy, saved) => {
          const [x, weight] = saved as Two;
          // x^T dy or its transpose: transposing the wide one costs more than turning the result.
          const wide = (x.shape[1] as number) > (dy.shape[1] as number);
          const byWeight = wide ? turn(tf.matMul(turn(dy), x)) : tf.matMul(turn(x), dy);
          return [tf.matMul(dy, turn(weight)), byWeight, sumRows(dy)];
        },
      };
    }),
    // Head by head, so that all products are fast ones; cut into heads once, as cutting is slow.
    attention: tf.customGrad<[TfTensor]>((qkv, save) => {
      const parts = pieces(tf, qkv);
      const heads = parts.length / 3;
      const scale = 1 / Math.sqrt(qkv.shape[2] as number);
      const outputs: TfTensor[] = [];
      const weights: TfTensor[] = [];
      for (let i = 0; i < heads; i++) {
        const [q, k, v] = [parts[i], parts[heads + i], parts[2 * heads + i]] as Three;
        const p = tf.softmax(tf.mul(tf.matMul(q, turn(k)), scale));
        weights.push(p);
        outputs.push(tf.matMul(p, v));
      }
      save([...parts, ...weights]);
      return {
        value: tf.concat(outputs, 0),
        gradFunc: (dy, saved) => {
          const gradients: TfTensor[] = [];
          for (const [i, g] of pieces(tf, dy).entries()) {
            const [q, k, v] = [saved[i], saved[heads + i], saved[2 * heads + i]] as Three;
            const p = saved[3 * heads + i] as TfTensor;
            const byScore = tf.mul(p, tf.matMul(g, turn(v)));
            const ds = tf.mul(tf.sub(byScore, tf.mul(p, tf.sum(byScore, -1, true))), scale);
            gradients[i] = tf.matMul(ds, k);
            gradients[heads + i] = tf.matMul(turn(ds), q);
            gradients[2 * heads + i] = tf.matMul(turn(p), g);
          }
          return [tf.concat(gradients, 0)];
        },
      };
    }),
    layerNorm: tf.customGrad<Three>((x, gamma, beta, save) => {
      const { mean, variance } = tf.moments(x, -1, true);
      const rstd = tf.rsqrt(tf.add(variance, 1e-5));
      const normal = tf.mul(tf.sub(x, mean), rstd);
      save([normal, rstd, gamma]);
      return {
        value: tf.add(tf.mul(normal, gamma), beta),
        gradFunc: (dy, saved) => {
          const [normal, rstd, gamma] = saved as Three;
          const byGamma = tf.mul(dy, normal);
          const g = tf.mul(dy, gamma);
          const along = tf.mul(normal, tf.mean(tf.mul(g, normal), -1, true));
          const dx = tf.mul(tf.sub(tf.sub(g, tf.mean(g, -1, true)), along), rstd);
          return [dx, sumRows(byGamma), sumRows(dy)];
        },
      };
    }),
    // 0.5 (1 + tanh(u)) = sigmoid(2 u)
    gelu: tf.customGrad<[TfTensor]>((x, save) => {
      const c = 2 * Math.sqrt(2 / Math.PI);
      const square = tf.mul(x, x);
      const s = tf.sigmoid(tf.mul(x, tf.add(tf.mul(square, 0.044715 * c), c)));
      save([x, square, s]);
      return {
        value: tf.mul(x, s),
        gradFunc: (dy, saved) => {
          const [x, square, s] = saved as Three;
          const inner = tf.mul(x, tf.add(tf.mul(square, 3 * 0.044715 * c), c));
          // s + x s (1 - s) u'
          return [tf.mul(dy, tf.mul(s, tf.add(tf.mul(tf.sub(tf.ones([]), s), inner), 1)))];
        },
      };
    }),
  };
}
