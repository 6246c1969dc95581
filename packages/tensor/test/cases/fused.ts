/** Cases of softmax, normalisation and attention. */
import * as t from '../../src/index.js';
import { bools, type Case, floats, type Input, one } from './case.js';

type Softmax = (x: t.Tensor, options?: t.SoftmaxOptions) => t.Tensor;

const softmaxes: readonly (readonly [string, Softmax])[] = [
  ['softmax', t.softmax],
  ['logSoftmax', t.logSoftmax],
];

/** Keeps what a mask leaves out of log-softmax (-Infinity) out of the sum as well. */
function seen(mask: t.Tensor, y: t.Tensor): t.Tensor {
  return t.where(mask, y, 0);
}

const normals: readonly (readonly [string, (x: t.Tensor, options?: t.NormalizeOptions) => t.Tensor])[] = [
  ['layerNorm', (x, options) => t.layerNorm(x, options)],
  ['batchNorm', (x, options) => t.batchNorm(x, options).output],
];

const [query, key, value] = [() => floats([2, 3, 2]), () => floats([2, 4, 2]), () => floats([2, 4, 3])];
const qkv = (): Input[] => [query(), key(), value()];
const visible = bools([1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0], [3, 4]);

/** Forms of attention: the inputs after query, key and value, and the options that they make. */
const attentions: readonly (readonly [string, readonly Input[], (...rest: t.Tensor[]) => t.AttentionOptions])[] = [
  ['plain', [], () => ({})],
  ['causal', [], () => ({ causal: true })],
  ['with a scale', [], () => ({ scale: -0.3 })],
  ['with a mask and a blind query', [visible], (mask) => ({ mask })],
  ['with a mask for each of the batch', [bools([1, 0, 1, 1, 0, 1, 1, 1], [2, 1, 4])], (mask) => ({ mask })],
  ['with a full bias', [floats([2, 3, 4])], (bias) => ({ bias })],
  ['with a bias for each key', [floats([4])], (bias) => ({ bias })],
  ['with a bias for each query of a batch', [floats([2, 3, 1])], (bias) => ({ bias })],
  ['with everything', [floats([3, 4]), visible], (bias, mask) => ({ bias, mask, causal: true, scale: 0.7 })],
];

export const fusedCases: readonly Case[] = [
  ...softmaxes.flatMap(([op, f]) => [
    one(op, 'of the last axis', [floats([2, 4])], (x) => f(x)),
    one(op, 'of the first axis', [floats([3, 2, 2])], (x) => f(x, { axis: 0 })),
    one(op, 'with a mask', [floats([2, 4]), bools([1, 0, 1, 1])], (x, mask) => seen(mask, f(x, { mask })), {
      composed: true,
    }),
    one(
      op,
      'with a mask on another axis',
      [floats([3, 2]), bools([1, 0, 1], [3, 1])],
      (x, mask) => seen(mask, f(x, { axis: 0, mask })),
      { composed: true },
    ),
    one(
      op,
      'with a row masked whole',
      [floats([2, 3]), bools([0, 1], [2, 1])],
      (x, mask) => seen(mask, f(x, { mask })),
      { composed: true },
    ),
  ]),
  ...normals
    .flatMap(([op, f]) => [
      one(op, 'plain', [floats([3, 4])], (x) => f(x)),
      one(op, 'with a scale', [floats([2, 2, 3]), floats([3])], (x, gamma) => f(x, { gamma, epsilon: 0.1 })),
      one(op, 'with a shift', [floats([2, 3]), floats([3])], (x, beta) => f(x, { beta })),
      one(op, 'with both', [floats([4, 3]), floats([3]), floats([3])], (x, gamma, beta) => f(x, { gamma, beta })),
    ])
    .map((c) => ({ ...c, composed: c.op === 'batchNorm' })),
  ...attentions.flatMap(([name, rest, options]) => [
    one('attention', name, [...qkv(), ...rest], (q, k, v, ...more) => t.attention(q, k, v, options(...more))),
    one('attentionWeights', name, [query(), key(), ...rest], (q, k, ...more) =>
      t.attentionWeights(q, k, options(...more)),
    ),
  ]),
  one('attention', 'of one sequence', [floats([2, 3]), floats([1, 3]), floats([1, 1])], (q, k, v) =>
    t.attention(q, k, v),
  ),
  one('attention', 'with more queries than keys, causal', [floats([4, 2]), floats([2, 2]), floats([2, 2])], (q, k, v) =>
    t.attention(q, k, v, { causal: true }),
  ),
];
