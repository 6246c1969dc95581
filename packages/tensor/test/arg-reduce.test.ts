/** Positions of extremes: ties, axes, element types. */
import { test } from 'uvu';
import { argmax, argmin, scope, tensor } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, truth, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('arg-extremes take the first of ties, along an axis or of everything', () => {
  const x = tensor([[1, 3, 3], [3, 0, 0]]); // biome-ignore format: rows
  assertTensor(argmax(x), [], [1], 'int32');
  assertTensor(argmax(x, { axis: 1 }), [2], [1, 0], 'int32');
  assertTensor(argmin(x, { axis: -1, keepDims: true }), [2, 1], [0, 1]);
  assertTensor(argmax(x, { axis: 0 }), [3], [1, 0, 0]);
  assertTensor(argmax(x, { keepDims: true }), [1, 1], [1]);
  assertTensor(argmax(whole([-5, -2, -2])), [], [1]);
  assertTensor(argmin(tensor(Uint8Array.of(3, 1, 200))), [], [1]);
  assertTensor(argmax(truth([0, 1, 1])), [], [1]);
});

test.run();
