/** The mask of sequences that are padded at the end. */
import { DTypeError, init, memory, OptionError, ShapeError, scope, tensor, zeros } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { paddingMask } from '../src/index.js';

onTestDevice(test, init);

test('a padding mask shows the keys below the length of each sequence', async () => {
  await scope(async () => {
    const expected = [1, 1, 0, 0, 0, 0, 1, 1, 1];
    for (const lengths of [[2, 0, 3], tensor(Int32Array.of(2, 0, 3))]) {
      const mask = paddingMask(lengths, 3);
      assert.equal([...mask.shape, mask.dtype], [3, 1, 1, 3, 'bool']);
      assert.equal([...(await mask.data())], expected);
    }
    assert.equal([...paddingMask([], 3).shape], [0, 1, 1, 3]);
  });
});

test('lengths out of range and of another type are typed errors, and nothing is left behind', () => {
  const before = memory().tensors;
  scope(() => {
    const range = /paddingMask: lengths must be whole numbers in \[0, 3\], got/;
    for (const wrong of [4, -1, 0.5, NaN]) assertThrows(() => paddingMask([1, wrong], 3), OptionError, range);
    assertThrows(() => paddingMask([1, 4], 3), OptionError, /got 4 at 1$/);
    assertThrows(() => paddingMask([1], -1), OptionError, /length must be a whole number from 0, got -1/);
    assertThrows(() => paddingMask(3 as never, 3), OptionError, /lengths must be an array or an int32 tensor, got 3/);
    assertThrows(() => paddingMask(zeros([2]), 3), DTypeError, /lengths must be int32, got float32/);
    const table = zeros([2, 1], { dtype: 'int32' });
    assertThrows(() => paddingMask(table, 3), ShapeError, /lengths must be \[batch\], got \[2, 1\]/);
    const lengths = tensor(Int32Array.of(1, 4));
    if (lengths.device.readSync !== undefined) assertThrows(() => paddingMask(lengths, 3), OptionError, range);
  });
  assert.is(memory().tensors, before);
});

test.run();
