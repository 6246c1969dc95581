/** Segments: values written by hand, and what is refused. */
import { DTypeError, IndexError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memory, scope, segmentMax, segmentSoftmax, segmentSum, tensor } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('segments may be empty and come in any order', () => {
  const x = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: rows
  const ids = whole([2, 0, 2]);
  assertTensor(segmentSum(x, ids, 4), [4, 2], [3, 4, 0, 0, 6, 8, 0, 0]);
  assertTensor(segmentMax(x, ids, 3), [3, 2], [3, 4, -Infinity, -Infinity, 5, 6]);
  const soft = segmentSoftmax(tensor([0, 7, Math.log(3)]), ids, 3);
  assertClose(soft.dataSync(), [0.25, 1, 0.75], { rtol: 1e-6 });
  assertTensor(segmentSum(counting(0, 2), whole([]), 2), [2, 2], [0, 0, 0, 0]);
  assertTensor(segmentSum(counting(0, 2), whole([]), 0), [0, 2], []);
  assertThrows(
    () => segmentSum(x, whole([0]), 1),
    ShapeError,
    /segmentSum: ids must be \[3\] for x \[3, 2\], got \[1\]/,
  );
  assertThrows(() => segmentMax(x, tensor([0, 1, 2]), 3), DTypeError, /segmentMax: ids must be int32/);
  assertThrows(() => segmentSoftmax(x, ids, -1), OptionError, /segmentSoftmax: segments must be a whole number from 0/);
});

onDevices(test, 'ids out of range are refused and leave nothing behind', () => {
  const rows = counting(2, 2);
  for (const id of [3, -1]) {
    const ids = whole([0, id]);
    const before = memory();
    for (const f of [segmentSum, segmentMax, segmentSoftmax]) {
      const call = () => f(rows, ids, 3);
      scope(() => assertThrows(call, IndexError, new RegExp(`${id}`)));
      assertThrows(call, IndexError);
    }
    assert.equal(memory(), before);
    ids.dispose();
  }
  rows.dispose();
});

test.run();
