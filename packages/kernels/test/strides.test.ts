import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collapse } from '../src/strides.js';

test('collapse drops ones and merges axes that all operands walk as one', () => {
  assert.equal(collapse([2, 1, 3, 4], [[12, 7, 4, 1]]), { shape: [24], strides: [[1]] });
  assert.equal(
    collapse(
      [2, 3, 4],
      [
        [12, 4, 1],
        [0, 4, 1],
      ],
    ),
    {
      shape: [2, 12],
      strides: [
        [12, 1],
        [0, 1],
      ],
    },
  );
  assert.equal(collapse([5, 6], [[0, 0]]), { shape: [30], strides: [[0]] });
  assert.equal(collapse([1, 1], [[3, 3]]), { shape: [1], strides: [[0]] });
});

test.run();
