/** Broadcast axes: merged where they can be, and the walk stays the same. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collapse, rowStart, volume } from '../src/strides.js';
import { Generator } from './conformance.js';

test('neighbouring axes that all operands step through alike become one', () => {
  const strides = [
    [60, 20, 5, 1],
    [0, 0, 5, 1],
  ];
  assert.equal(collapse([2, 3, 4, 5], strides), {
    shape: [6, 20],
    strides: [
      [20, 1],
      [0, 1],
    ],
  });
});

test('axes of size 1 vanish, and one axis is always left', () => {
  assert.equal(collapse([1, 7, 1], [[7, 1, 1]]), { shape: [7], strides: [[1]] });
  assert.equal(collapse([1, 1], [[0, 0]]), { shape: [1], strides: [[0]] });
  assert.equal(collapse([], [[]]), { shape: [1], strides: [[0]] });
});

test('collapse drops ones whatever their stride, and merges repeated axes', () => {
  assert.equal(collapse([2, 1, 3, 4], [[12, 7, 4, 1]]), { shape: [24], strides: [[1]] });
  assert.equal(collapse([5, 6], [[0, 0]]), { shape: [30], strides: [[0]] });
  assert.equal(collapse([1, 1], [[3, 3]]), { shape: [1], strides: [[0]] });
});

test('a collapsed walk visits the same elements in the same order', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Generator(seed);
    const shape = Array.from({ length: random.integer(0, 5) }, () => random.integer(1, 4));
    const contiguous = shape.map((_, axis) => volume(shape.slice(axis + 1)));
    const strides = [0, 1].map(() => contiguous.map((stride) => (random.boolean(0.3) ? 0 : stride)));
    const merged = collapse(shape, strides);
    assert.is(volume(merged.shape), volume(shape));
    for (let i = 0; i < volume(shape); i++) {
      strides.forEach((operand, o) => {
        const expected = rowStart(i, shape, operand, shape.length);
        assert.is(rowStart(i, merged.shape, merged.strides[o]!, merged.shape.length), expected);
      });
    }
  }
});

test.run();
