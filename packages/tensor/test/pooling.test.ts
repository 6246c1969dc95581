/** Pooling: values by hand, and what is refused. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { averagePool, maxPool, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, values } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));
const image = (height: number, width: number): Tensor => counting(1, height, width, 1);

inScope('windows take their largest, the first of ties, or their mean without the padding', () => {
  const x = image(3, 4);
  assertTensor(maxPool(x, { size: 2 }), [1, 1, 2, 1], [5, 7]);
  assertTensor(averagePool(x, { size: 2, stride: 1 }).at(0, 0), [3, 1], [2.5, 3.5, 4.5]);
  assertTensor(maxPool(x.neg(), { size: [3, 2], stride: [1, 2], padding: [1, 0] }).at(0, ':', 0, 0), [3], [0, 0, -4]);
  assertTensor(averagePool(image(2, 2), { size: 2, stride: 2, padding: 1 }), [1, 2, 2, 1], [0, 1, 2, 3]);
  const counted = averagePool(image(2, 2), { size: 2, stride: 2, padding: 1, countPadding: true });
  assertTensor(counted, [1, 2, 2, 1], [0, 0.25, 0.5, 0.75]);
  assertTensor(averagePool(image(3, 3), { size: 2, padding: 'same' }).at(0, ':', ':', 0), [2, 2], [2, 3.5, 6.5, 8]);
  assert.ok(Number.isNaN(values(maxPool(tensor([[[[1], [Number.NaN]]]]), { size: [1, 2] }))[0]));
});

inScope('pools that do not fit are refused', () => {
  const x = zeros([1, 4, 4, 1]);
  for (const [name, pool] of [
    ['maxPool', maxPool],
    ['averagePool', averagePool],
  ] as const) {
    // biome-ignore format: pairs
    const of = (options: object) => () => pool(x, options as never);
    assertThrows(
      () => pool(zeros([4, 4, 1]), { size: 2 }),
      ShapeError,
      new RegExp(`${name}: x must be .* got \\[4, 4, 1\\]`),
    );
    assertThrows(of({ size: 5 }), ShapeError, new RegExp(`${name}: a window of 5 does not fit into 4`));
    assertThrows(of({ size: 0 }), OptionError, new RegExp(`${name}: size must be an integer from 1`));
    assertThrows(of({ size: 2, stride: Number.NaN }), OptionError, new RegExp(`${name}: stride`));
    assertThrows(
      of({ size: 2, padding: 2 }),
      OptionError,
      new RegExp(`${name}: padding 2 leaves windows of 2 without any`),
    );
    assertThrows(of({ size: 1, padding: [[0, 1], [0, 0]] }), OptionError, new RegExp(`${name}: padding .* leaves`)); // biome-ignore format: pairs
  }
});

test.run();
