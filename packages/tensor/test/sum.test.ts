/** Sums over axes and repeating: axes, long sums, what is refused. */
import { DTypeError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { broadcastTo, max, mean, scope, sum, sumTo, tensor } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('axes may be one, some, all or none, counted from either end', () => {
  const x = counting(2, 3);
  assertTensor(sum(x), [], [15]);
  assertTensor(sum(x, { axis: 0 }), [3], [3, 5, 7]);
  assertTensor(sum(x, { axis: -1, keepDims: true }), [2, 1], [3, 12]);
  assertTensor(sum(x, { axis: [1, 0] }), [], [15]);
  assertTensor(sum(x, { axis: [] }), [2, 3], [0, 1, 2, 3, 4, 5]);
  assertTensor(sum(x, { keepDims: true }), [1, 1], [15]);
  assertTensor(max(counting(2, 2, 2), { axis: [0, 2] }), [2], [5, 7]);
  assertTensor(sum(tensor(4)), [], [4]);
});

inScope('sums stay close to float64 for a million terms', () => {
  const x = tensor(new Float32Array(1e6).fill(0.1));
  assertClose(sum(x).item(), 1e6 * Math.fround(0.1), { rtol: 1e-5 });
  assertClose(mean(x).item(), 0.1, { rtol: 1e-5 });
});

inScope('repeating and summing back', () => {
  assertTensor(broadcastTo(tensor([[1], [2]]), [2, 2]), [2, 2], [1, 1, 2, 2]);
  assertTensor(sumTo(counting(2, 2), [2]), [2], [2, 4]);
  assertTensor(sumTo(counting(2, 2), []), [], [6]);
  assertThrows(() => broadcastTo(tensor([1, 2]), [3]), ShapeError, /broadcastTo: \[2\] does not broadcast to \[3\]/);
  assertThrows(() => sumTo(counting(2, 3), [2]), ShapeError, /sumTo: \[2\] does not broadcast to \[2, 3\]/);
  assertThrows(() => sumTo(whole([1, 2]), [1]), DTypeError, /sumTo: expected floats, got int32/);
});

test.run();
