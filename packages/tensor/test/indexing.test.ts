/** Selection and accumulation: values written by hand, and what is refused. */
import { DTypeError, IndexError, OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gather, memory, oneHot, scatterAdd, scatterAddAlong, scope, takeAlong, tensor } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('gather takes slices, scatterAdd puts them back, repeats add up', () => {
  const x = counting(3, 2);
  assertTensor(gather(x, whole([2, 0, 2])), [3, 2], [4, 5, 0, 1, 4, 5]);
  assertTensor(gather(x, whole([1], []), { axis: 1 }), [3], [1, 3, 5]);
  assertTensor(gather(x, whole([1, 0, 0, 1], [2, 2]), { axis: 1 }), [3, 2, 2], [1, 0, 0, 1, 3, 2, 2, 3, 5, 4, 4, 5]);
  assertTensor(gather(truth([1, 0]), whole([1, 1, 0])), [3], [0, 0, 1], 'bool');
  assertTensor(scatterAdd([3, 2], whole([2, 0, 2]), counting(3, 2)), [3, 2], [2, 3, 0, 0, 4, 6]);
  assertTensor(scatterAdd([4], whole([1, 1, 3]), whole([5, 6, 7])), [4], [0, 11, 0, 7], 'int32');
  assertTensor(takeAlong(x, whole([1, 0, 1], [3, 1])), [3, 1], [1, 2, 5]);
  assertTensor(takeAlong(x, whole([2, 0], [1, 2]), { axis: 0 }), [1, 2], [4, 1]);
  assertTensor(scatterAddAlong([2, 2], whole([1, 1, 0, 1], [2, 2]), counting(2, 2)), [2, 2], [0, 1, 2, 3]);
  assertTensor(oneHot(whole([2, 0]), 3), [2, 3], [0, 0, 1, 1, 0, 0], 'float32');
  assertTensor(oneHot(tensor(Uint8Array.of(1)), 2), [1, 2], [0, 1]);
});

onDevices(test, 'indices out of range are refused and leave nothing behind', () => {
  const x = counting(3, 2);
  for (const index of [3, -1]) {
    const [i, rows] = [whole([0, index]), counting(2, 2)];
    const along = i.reshape([1, 2]);
    const before = memory();
    const calls = [
      () => gather(x, i),
      () => scatterAdd([3, 2], i, rows),
      () => takeAlong(x, along, { axis: 0 }),
      () => scatterAddAlong([3, 2], along, rows.at('0:1'), { axis: 0 }),
      () => oneHot(i, 3),
    ];
    for (const call of calls) scope(() => assertThrows(call, IndexError, new RegExp(`${index}`)));
    for (const call of calls.filter((_, j) => j !== 3)) assertThrows(call, IndexError);
    assert.equal(memory(), before);
    for (const t of [i, rows, along]) t.dispose();
  }
  x.dispose();
});

inScope('indices of the wrong type or shape are refused', () => {
  const x = counting(3, 2);
  assertThrows(() => gather(x, tensor([0])), DTypeError, /gather: indices must be int32, got float32/);
  assertThrows(() => oneHot(tensor([0]), 2), DTypeError, /oneHot: indices must be int32 or uint8, got float32/);
  assertThrows(() => oneHot(whole([0]), 0), OptionError, /oneHot: depth must be a whole number from 1, got 0/);
  assertThrows(() => gather(x, whole([0]), { axis: 2 }), OptionError, /gather: axis/);
  assertThrows(
    () => scatterAdd([3, 2], whole([0]), counting(2, 2)),
    ShapeError,
    /updates must be \[1, 2\], got \[2, 2\]/,
  );
  assertThrows(() => scatterAdd([-1, 2], whole([0]), counting(1, 2)), ShapeError, /scatterAdd: a shape is made of/);
  assertThrows(() => scatterAdd([2], whole([0]), truth([1])), DTypeError, /scatterAdd: updates must be/);
  assertThrows(
    () => takeAlong(x, whole([0])),
    ShapeError,
    /takeAlong: indices \[1\] must match \[3, 2\] beside axis 1/,
  );
  assertThrows(
    () => scatterAddAlong([3, 2], whole([0, 1, 0], [3, 1]), counting(3, 2)),
    ShapeError,
    /scatterAddAlong: updates \[3, 2\] and indices \[3, 1\] differ/,
  );
});

test.run();
