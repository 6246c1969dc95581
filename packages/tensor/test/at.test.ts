/** Indexing as NumPy does it. */
import { DTypeError, IndexError, OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { type Index, scope, tensor } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('whole numbers drop their axis and count from either end', () => {
  const x = counting(2, 3);
  assertTensor(x.at(1), [3], [3, 4, 5]);
  assertTensor(x.at(-2, -1), [], [2]);
  assertTensor(x.at('...', 0), [2], [0, 3]);
  assertTensor(x.at(), [2, 3], [0, 1, 2, 3, 4, 5]);
});

/** Ranges of 0 ... 6 as Python gives them. */
const ranges: readonly (readonly [string, readonly number[]])[] = [
  [':', [0, 1, 2, 3, 4, 5, 6]],
  ['2:', [2, 3, 4, 5, 6]],
  [':-3', [0, 1, 2, 3]],
  ['-2:', [5, 6]],
  ['1:6:2', [1, 3, 5]],
  ['::3', [0, 3, 6]],
  ['::-1', [6, 5, 4, 3, 2, 1, 0]],
  ['4:1:-1', [4, 3, 2]],
  ['4::-2', [4, 2, 0]],
  [':2:-2', [6, 4]],
  ['-1:-20:-3', [6, 3, 0]],
  ['20:', []],
  ['3:3', []],
  ['5:2', []],
  ['2:5:-1', []],
  ['-20:2', [0, 1]],
  [' 1 : 3 ', [1, 2]],
  ['1:3:', [1, 2]],
];

inScope('ranges are those of Python', () => {
  const x = counting(7);
  for (const [text, expected] of ranges) assertTensor(x.at(text), [expected.length], expected);
});

inScope('null makes an axis, three dots stand for the rest', () => {
  const x = counting(2, 3);
  assertTensor(x.at(null), [1, 2, 3], [0, 1, 2, 3, 4, 5]);
  assertTensor(x.at('...', null), [2, 3, 1], [0, 1, 2, 3, 4, 5]);
  assertTensor(x.at(0, null, '1:'), [1, 2], [1, 2]);
  assertTensor(x.at(':', '...', ':'), [2, 3], [0, 1, 2, 3, 4, 5]);
  assertTensor(tensor(5).at('...'), [], [5]);
  assertTensor(tensor(5).at(null), [1], [5]);
});

inScope('tensors take positions, each along its own axis', () => {
  const x = counting(3, 3);
  assertTensor(x.at(whole([2, 0, 2])), [3, 3], [6, 7, 8, 0, 1, 2, 6, 7, 8]);
  assertTensor(x.at(whole([2, 0]), whole([1])), [2, 1], [7, 1]);
  assertTensor(x.at(1, whole([2, 2])), [2], [5, 5]);
  assertTensor(x.at('::-1', whole([0])), [3, 1], [6, 3, 0]);
  assertTensor(x.at(whole([])), [0, 3], []);
  assertTensor(truth([1, 0, 1]).at(whole([1, 2])), [2], [0, 1], 'bool');
});

inScope('positions that do not exist, or make no sense, are refused', () => {
  const x = counting(2, 3);
  for (const index of [2, -3, 0.5, Number.NaN, Infinity]) {
    assertThrows(() => x.at(index), IndexError, /^at: index .* is outside axis 0 of extent 2, shape \[2, 3\]/);
  }
  assertThrows(() => x.at(0, 3), IndexError, /at: index 3 is outside axis 1 of extent 3/);
  for (const text of ['', 'a', '1', '1:2:0', '1:2:3:4', '1.5:']) {
    assertThrows(() => x.at(text), OptionError, /at: expected a range such as '1:-1' or '::2', got "/);
  }
  assertThrows(() => x.at(0, 0, 0), ShapeError, /at: 3 positions do not fit \[2, 3\]/);
  assertThrows(() => x.at('...', '...'), ShapeError, /at: 2 positions do not fit/);
  assertThrows(() => tensor(1).at(0), ShapeError, /at: 1 positions do not fit \[\]/);
  assertThrows(() => x.at(whole([2])), IndexError, /gather|at/);
  assertThrows(() => x.at(whole([-1])), IndexError);
  assertThrows(() => x.at(tensor([0])), DTypeError, /at: positions must be int32, got float32/);
  assertThrows(() => x.at(whole([0, 1], [1, 2])), ShapeError, /at: positions must be \[n\], got \[1, 2\]/);
  assertThrows(() => x.at(undefined as unknown as Index), OptionError, /at: expected a range/);
});

test.run();
