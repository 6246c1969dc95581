/** A shape that fits comes back, one that does not is an error with both. */
import { DTypeError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { requireShape, scope, type Tensor, zeros } from '../src/index.js';

test('the extents come back', () => {
  scope(() => {
    const any: Tensor = zeros([2, 5, 3]);
    const [batch, n, channels] = requireShape('f', 'x', any, ['batch', 'n', 3]);
    // Each is known to be there.
    const sum: number = batch + n + channels;
    assert.is(sum, 10);
    assert.equal(requireShape('f', 'x', zeros([0, 3]), ['batch', 3]), [0, 3]);
    assert.equal(requireShape('f', 'x', zeros([]), []), []);
  });
});

test('too few axes, too many, or another extent: the error has the pattern and what came', () => {
  scope(() => {
    const scores = ['batch', 'n'] as const;
    const of = (x: Tensor, pattern: readonly (number | string)[]) => () => requireShape('topK', 'scores', x, pattern);
    assertThrows(of(zeros([3]), scores), ShapeError, /^topK: scores must be \[batch, n\], got \[3\]$/);
    assertThrows(of(zeros([1, 2, 3]), scores), ShapeError, /must be \[batch, n\], got \[1, 2, 3\]$/);
    assertThrows(of(zeros([2, 4]), ['batch', 3]), ShapeError, /^topK: scores must be \[batch, 3\], got \[2, 4\]$/);
    assertThrows(of(zeros([1]), []), ShapeError, /must be \[\], got \[1\]$/);
    assertThrows(of([1, 2] as never, scores), DTypeError, /^topK: scores must be a tensor \[batch, n\], got \[1, 2\]$/);
  });
});

test.run();
