/** Cases of attention. */
import * as t from '../../src/index.js';
import { bools, type Case, floats, type Input, one } from './case.js';

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

export const attentionCases: readonly Case[] = [
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
