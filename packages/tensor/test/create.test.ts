/** Tensors from values, ranges and constants. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eye, full, linspace, memory, ones, onesLike, range, scope, tensor, zeros, zerosLike } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('values come as numbers, nested arrays, booleans or typed arrays with a shape', () => {
  assertTensor(tensor(3), [], [3], 'float32');
  assertTensor(tensor([[1, 2], [3, 4]]), [2, 2], [1, 2, 3, 4], 'float32'); // biome-ignore format: rows
  assertTensor(tensor([true, false]), [2], [1, 0], 'bool');
  assertTensor(tensor([]), [0], []);
  assertTensor(tensor([[], []]), [2, 0], []);
  assertTensor(tensor(Int32Array.of(1, 2)), [2], [1, 2], 'int32');
  assertTensor(tensor(Uint8Array.of(1, 255)), [2], [1, 255], 'uint8');
  assertTensor(tensor(Float64Array.of(0.5, 2), { shape: [2, 1] }), [2, 1], [0.5, 2], 'float32');
  assertTensor(tensor([1, 2, 3, 4], { shape: [2, 2], dtype: 'int32' }), [2, 2], [1, 2, 3, 4], 'int32');
});

inScope('values are copied', () => {
  const source = Float32Array.of(1, 2);
  const t = tensor(source);
  source[0] = 9;
  assertTensor(t, [2], [1, 2]);
  t.dataSync()[0] = 9;
  assertTensor(t, [2], [1, 2]);
});

inScope('ragged, foreign and misfit values are refused', () => {
  assertThrows(() => tensor([[1, 2], [3]]), ShapeError, /tensor: nested arrays must be rectangular, expected \[2, 2\]/);
  assertThrows(() => tensor([1, [2]]), ShapeError, /rectangular/);
  assertThrows(() => tensor([[1], 2]), ShapeError, /rectangular/);
  assertThrows(() => tensor([1, 2], { shape: [3] }), ShapeError, /tensor: 2 values do not fill \[3\]/);
  assertThrows(() => tensor([1, 2], { shape: [-1] }), ShapeError, /a shape is made of whole numbers/);
  assertThrows(() => tensor([1.5], { dtype: 'int32' }), DTypeError, /tensor: 1.5 at position 0 is no int32/);
  assertThrows(() => tensor([256], { dtype: 'uint8' }), DTypeError, /256 at position 0 is no uint8/);
  assertThrows(() => tensor([2], { dtype: 'bool' }), DTypeError, /2 at position 0 is no bool/);
  assertThrows(() => tensor([Number.NaN], { dtype: 'int32' }), DTypeError, /NaN at position 0/);
  assertThrows(() => tensor('12' as never), DTypeError, /expected numbers or booleans, got "12"/);
  assertThrows(() => tensor([undefined] as never), DTypeError, /got undefined/);
  assertThrows(() => tensor([null] as never), DTypeError, /expected numbers or booleans, got null/);
  assertThrows(() => tensor(tensor([1]) as never), DTypeError, /tensor: got a tensor; use reshape or cast/);
  assertThrows(() => tensor(BigInt64Array.of(1n) as never), DTypeError, /the values of a BigInt64Array/);
  assertThrows(() => tensor(new DataView(new ArrayBuffer(4)) as never), DTypeError, /the values of a DataView/);
  assertThrows(() => tensor([1], { dtype: 'half' as 'int32' }), DTypeError, /tensor: dtype must be one of .* got half/);
});

inScope('constants fill a shape', () => {
  assertTensor(full([2], 2.5), [2], [2.5, 2.5], 'float32');
  assertTensor(zeros([2], { dtype: 'bool' }), [2], [0, 0], 'bool');
  assertTensor(ones([1, 2], { dtype: 'int32' }), [1, 2], [1, 1], 'int32');
  assertTensor(zeros([0, 3]), [0, 3], []);
  assertTensor(zerosLike(whole([1, 2])), [2], [0, 0], 'int32');
  assertTensor(onesLike(whole([1, 2])), [2], [1, 1], 'int32');
  assertTensor(eye(2), [2, 2], [1, 0, 0, 1]);
  assertThrows(() => full([2], 1.5, { dtype: 'int32' }), DTypeError, /full: 1.5 is no int32/);
  assertThrows(() => full([2], -1, { dtype: 'uint8' }), DTypeError, /full: -1 is no uint8/);
  assertThrows(() => zeros([1.5]), ShapeError, /got \[1.5\]/);
  assertThrows(() => zeros(3 as never), ShapeError, /a shape is an array of whole numbers, got 3/);
  assertThrows(() => eye(-1), ShapeError, /eye: a shape is made of whole numbers from 0, got \[-1\]/);
});

inScope('ranges count up and down, evenly spaced ones end where they should', () => {
  assertTensor(range(0, 3), [3], [0, 1, 2]);
  assertTensor(range(3, 0, -1, { dtype: 'int32' }), [3], [3, 2, 1], 'int32');
  assertTensor(range(0, 1, 0.4), [3], [0, 0.4, 0.8]);
  assertTensor(range(2, 2), [0], []);
  assertTensor(range(2, 0), [0], []);
  assertTensor(linspace(0, 1, 5), [5], [0, 0.25, 0.5, 0.75, 1]);
  assertTensor(linspace(3, 9, 1), [1], [3]);
  assert.is(linspace(0.1, 0.7, 49).dataSync().at(-1), Math.fround(0.7));
  assertThrows(() => range(0, 1, 0), OptionError, /range: cannot count from 0 to 1 by 0/);
  assertThrows(() => range(0, Number.NaN), OptionError, /range: cannot count/);
  assertThrows(() => range(0, 1, 0.5, { dtype: 'int32' }), DTypeError, /range: 0.5 at position 1 is no int32/);
  assertThrows(() => range(-1, 1, 1, { dtype: 'uint8' }), DTypeError, /range: -1 at position 0 is no uint8/);
  assertThrows(() => linspace(0, 1, 0), OptionError, /linspace: count must be a whole number from 1, got 0/);
  assertThrows(() => linspace(0, Infinity, 3), OptionError, /linspace: start and stop must be finite/);
});

onDevices(test, 'values that are refused leave nothing behind', () => {
  const before = memory();
  assertThrows(() => range(0, 1, 0.5, { dtype: 'int32' }), DTypeError);
  assertThrows(() => tensor([1.5], { dtype: 'int32' }), DTypeError);
  assert.equal(memory(), before);
});

test.run();
