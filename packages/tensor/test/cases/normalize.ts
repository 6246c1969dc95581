/** Cases of layer norm and batch norm. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

const normals: readonly (readonly [string, (x: t.Tensor, options?: t.NormalizeOptions) => t.Tensor])[] = [
  ['layerNorm', (x, options) => t.layerNorm(x, options)],
  ['batchNorm', (x, options) => t.batchNorm(x, options).output],
];

export const normalizeCases: readonly Case[] = [
  ...normals
    .flatMap(([op, f]) => [
      one(op, 'plain', [floats([3, 4])], (x) => f(x)),
      one(op, 'with a scale', [floats([2, 2, 3]), floats([3])], (x, gamma) => f(x, { gamma, epsilon: 0.1 })),
      one(op, 'with a shift', [floats([2, 3]), floats([3])], (x, beta) => f(x, { beta })),
      one(op, 'with both', [floats([4, 3]), floats([3]), floats([3])], (x, gamma, beta) => f(x, { gamma, beta })),
    ])
    .map((c) => ({ ...c, composed: c.op === 'batchNorm' })),
];
