/** Printing: exact texts. */
import { inspect } from 'node:util';
import { DisposedError, OptionError } from '@saccade/kernels';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { format, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { counting, truth, whole } from './values.js';

/** Tensors and their texts. */
const texts: readonly (readonly [string, () => Tensor, string])[] = [
  ['a scalar', () => tensor(2.123456), 'Tensor float32 []\n2.1235'],
  ['a vector', () => tensor([1, -2.5, 10]), 'Tensor float32 [3]\n[ 1.0000, -2.5000, 10.0000]'],
  ['a matrix of whole numbers', () => whole([1, 20, -3, 4], [2, 2]), 'Tensor int32 [2, 2]\n[[ 1, 20],\n [-3,  4]]'],
  ['truth values', () => truth([1, 0]), 'Tensor bool [2]\n[ true, false]'],
  ['nothing', () => zeros([0]), 'Tensor float32 [0]\n[]'],
  ['rows of nothing', () => zeros([2, 0]), 'Tensor float32 [2, 0]\n[[],\n []]'],
  ['odd numbers', () => tensor([Number.NaN, -Infinity, 0]), 'Tensor float32 [3]\n[      NaN, -Infinity,    0.0000]'],
  ['large and small', () => tensor([1e7, 1e-7, 0]), 'Tensor float32 [3]\n[1.0000e+7, 1.0000e-7,    0.0000]'],
  ['a long vector', () => counting(9).cast('int32'), 'Tensor int32 [9]\n[0, 1, 2, …, 6, 7, 8]'],
  [
    'a long matrix',
    () => counting(9, 2).cast('int32'),
    'Tensor int32 [9, 2]\n[[ 0,  1],\n [ 2,  3],\n [ 4,  5],\n …,\n [12, 13],\n [14, 15],\n [16, 17]]',
  ],
  ['three axes', () => counting(2, 1, 2).cast('int32'), 'Tensor int32 [2, 1, 2]\n[[[0, 1]],\n\n [[2, 3]]]'],
];

for (const [name, make, text] of texts) {
  onDevices(test, `${name} is printed readably`, async () => {
    const t = make();
    assert.is(String(t), text);
    assert.is(inspect(t), text);
    assert.is(await format(t), text);
    t.dispose();
  });
}

onDevices(test, 'digits and edges can be chosen', async () => {
  const t = counting(5);
  assert.is(await format(t, { digits: 1, edge: 1 }), 'Tensor float32 [5]\n[0.0, …, 4.0]');
  assert.is(await format(t, { digits: 0 }), 'Tensor float32 [5]\n[0, 1, 2, 3, 4]');
  for (const digits of [-1, 0.5, Number.NaN, 101]) {
    await assertRejects(() => format(t, { digits }), OptionError, /format: digits must be an integer in \[0, 100\]/);
  }
  for (const edge of [0, Number.NaN]) {
    await assertRejects(() => format(t, { edge }), OptionError, /format: edge must be a number from 1/);
  }
  t.dispose();
  await assertRejects(() => format(t), DisposedError, /^format: this tensor of shape \[5\]/);
});

onDevices(test, 'the text of a large tensor stays short', () => {
  scope(() => {
    const text = String(zeros([100, 100, 100]));
    assert.ok(text.length < 4000, `${text.length} characters`);
  });
});

test.run();
