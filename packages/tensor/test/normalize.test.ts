/** Layer norm and batch norm: by hand, and what is refused. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { batchNorm, layerNorm, scope, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('layer norm and batch norm centre and scale', () => {
  const x = tensor([[1, 3], [2, 6]]); // biome-ignore format: rows
  assertClose(values(layerNorm(x, { epsilon: 0 })), [-1, 1, -1, 1], { rtol: 1e-6 });
  const batch = batchNorm(x, { epsilon: 0, gamma: tensor([2, 1]), beta: tensor([0, 10]) });
  assertClose(values(batch.output), [-2, 9, 2, 11], { rtol: 1e-6 });
  assertTensor(batch.mean, [2], [1.5, 4.5]);
  assertTensor(batch.variance, [2], [0.25, 2.25]);
  assertClose(values(layerNorm(zeros([2, 3]))), [0, 0, 0, 0, 0, 0]);
  for (const [name, f] of [
    ['layerNorm', layerNorm],
    ['batchNorm', batchNorm],
  ] as const) {
    // biome-ignore format: pairs
    assertThrows(() => f(x, { gamma: zeros([3]) }), ShapeError, new RegExp(`${name}: gamma and beta must be \\[2\\], got \\[3\\]`));
    assertThrows(() => f(x, { beta: whole([1, 2]) }), DTypeError, new RegExp(`${name}: element types differ`));
    assertThrows(() => f(tensor(1)), ShapeError, new RegExp(`${name}: expected at least one axis`));
    for (const epsilon of [-1, Number.NaN, Infinity]) {
      assertThrows(() => f(x, { epsilon }), OptionError, new RegExp(`${name}: epsilon must be a number from 0, got`));
    }
  }
});

test.run();
