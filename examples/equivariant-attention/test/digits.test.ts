/** The digits in their parts, turned, and the networks that read them. */
import { groups } from '@saccade/equivariant-attention';
import { dispose, init, Rng } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digitNet } from '../src/digit-nets.js';
import { digits, randomlyTurned, turned } from '../src/digits.js';
import { numpyPermutation } from '../src/numpy-permutation.js';

onTestDevice(test, init);

test('orders are those of NumPy', () => {
  assert.equal([...numpyPermutation(5, 10)], [9, 5, 2, 4, 7, 1, 0, 8, 6, 3]);
  assert.equal([...numpyPermutation(4_000_000_000, 13)], [6, 8, 0, 7, 11, 4, 9, 1, 3, 5, 2, 10, 12]);
  const order = numpyPermutation(0, 1797);
  assert.equal([...order.subarray(0, 8)], [1081, 1707, 927, 713, 262, 182, 303, 895]);
  assert.is(new Set(order).size, 1797);
});

test('1,200 digits to train on and 597 to test with, which turn with their labels', () => {
  const { train, test: held } = digits();
  assert.equal(train.images.shape, [1200, 8, 8, 1]);
  assert.equal(held.images.shape, [597, 8, 8, 1]);
  assert.equal([held.labels.size, held.images.max().item()], [597, 1]);
  const mixed = randomlyTurned(held, new Rng(1));
  const all = groups.p4.matrices.map((_, element) => turned(held, groups.p4, element).images.dataSync());
  const values = mixed.images.dataSync();
  const seen = new Set<number>();
  for (let i = 0; i < 597; i++) {
    const same = all.findIndex((one) =>
      one.slice(64 * i, 64 * i + 64).every((value, k) => value === values[64 * i + k]),
    );
    assert.ok(same >= 0, `digit ${i}`);
    seen.add(same);
  }
  assert.is(seen.size, 4);
  assert.is(mixed.labels, held.labels);
  dispose([train, held, mixed.images]);
});

test('the networks of both groups are as large, but for the encodings of elements', () => {
  using plain = digitNet(1, { group: 'z2' });
  using equivariant = digitNet(1, { group: 'p4' });
  assert.equal([plain.size, equivariant.size], [6680, 6704]);
});

test.run();
