/** Selection, accumulation, order and segments: values written by hand, and what is refused. */
import { DTypeError, IndexError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  argsort,
  csrMatmul,
  gather,
  memory,
  oneHot,
  scatterAdd,
  scatterAddAlong,
  scope,
  segmentMax,
  segmentSoftmax,
  segmentSum,
  sort,
  takeAlong,
  tensor,
  topk,
} from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, values, whole } from './values.js';

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
      () => segmentSum(rows, i, 3),
      () => segmentMax(rows, i, 3),
      () => segmentSoftmax(rows, i, 3),
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

inScope('sorting is stable, NaN is the largest', () => {
  const x = tensor([2, Number.NaN, 1, 2, -Infinity]);
  assert.equal(values(sort(x).indices), [4, 2, 0, 3, 1]);
  assert.equal(values(sort(x, { descending: true }).indices), [1, 0, 3, 2, 4]);
  assert.equal(values(argsort(x)), [4, 2, 0, 3, 1]);
  assertTensor(sort(whole([3, -1, 2])).values, [3], [-1, 2, 3], 'int32');
  assertTensor(sort(tensor([[2, 1], [1, 2]]), { axis: 0 }).values, [2, 2], [1, 1, 2, 2]); // biome-ignore format: rows
  assertThrows(() => sort(truth([1])), DTypeError, /sort: x must be float32 or float64 or int32, got bool/);
  assertThrows(() => argsort(tensor(1)), OptionError, /argsort: a scalar has no axis -1/);
});

inScope('the best come first, of ties the lower position', () => {
  const x = tensor([2, 5, 5, Number.NaN, 1]);
  assert.equal(values(topk(x, 3).indices), [3, 1, 2]);
  assert.equal(values(topk(x, 2, { largest: false }).indices), [4, 0]);
  const best = topk(counting(3, 2), 1, { axis: 0 });
  assertTensor(best.values, [1, 2], [4, 5]);
  assertTensor(best.indices, [1, 2], [2, 2], 'int32');
  for (const k of [0, 6, 1.5, Number.NaN]) {
    assertThrows(() => topk(x, k), OptionError, /topk: k must be an integer in \[1, 5\], got/);
  }
  assertThrows(() => topk(truth([1]), 1), DTypeError, /topk: x must be/);
});

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

inScope('a sparse matrix multiplies as its dense form does, either way', () => {
  // [[0, 2, 0], [0, 0, 0], [1, 0, 3]]
  const sparse = {
    shape: [3, 3] as const,
    rowStart: whole([0, 1, 1, 3]),
    column: whole([1, 0, 2]),
    value: tensor([2, 1, 3]),
  };
  const x = counting(3, 2);
  assertTensor(csrMatmul(sparse, x), [3, 2], [4, 6, 0, 0, 12, 16]);
  assertTensor(csrMatmul(sparse, x, { transpose: true }), [3, 2], [4, 5, 0, 2, 12, 15]);
  assertThrows(() => csrMatmul(sparse, counting(2, 2)), ShapeError, /csrMatmul: sparse \[3, 3\] does not fit \[2, 2\]/);
  assertThrows(() => csrMatmul({ ...sparse, rowStart: whole([0, 3]) }, x), ShapeError, /needs rowStart \[4\]/);
  assertThrows(() => csrMatmul({ ...sparse, column: whole([1, 0, 3]) }, x), IndexError, /3/);
  assertThrows(() => csrMatmul({ ...sparse, rowStart: whole([0, 2, 1, 3]) }, x), IndexError);
  assertThrows(() => csrMatmul({ ...sparse, column: tensor([1, 0, 2]) }, x), DTypeError, /column must be int32/);
});

test.run();
