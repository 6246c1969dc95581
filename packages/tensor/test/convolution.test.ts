/** Convolution: values by hand, the padding rules of TensorFlow, what is refused. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { conv1d, conv2d, ones, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));
const image = (height: number, width: number): Tensor => counting(1, height, width, 1);

inScope('a filter is laid over the image as it is, not mirrored', () => {
  const filter = tensor([[1, 2], [3, 4]]).reshape([2, 2, 1, 1]); // biome-ignore format: rows
  assertTensor(conv2d(image(3, 3), filter), [1, 2, 2, 1], [27, 37, 57, 67]);
  assertTensor(conv2d(image(3, 3), filter, { bias: tensor([100]), stride: 2 }), [1, 1, 1, 1], [127]);
  assertTensor(conv2d(image(3, 3), filter, { dilation: 2 }), [1, 1, 1, 1], [0 + 2 * 2 + 3 * 6 + 4 * 8]);
  const padded = conv2d(image(2, 2), filter, { padding: [[1, 0], [0, 1]] }); // biome-ignore format: pairs
  assertTensor(padded, [1, 2, 2, 1], [4, 3, 20, 10]);
});

inScope('groups see their own channels', () => {
  const x = tensor([[[[1, 10]]]]);
  assertTensor(conv2d(x, ones([1, 1, 1, 4]).mul(tensor([1, 2, 3, 4])), { groups: 2 }), [1, 1, 1, 4], [1, 2, 30, 40]);
  assertTensor(conv2d(x, tensor([[[[1, 2], [3, 4]]]])), [1, 1, 1, 2], [31, 42]); // biome-ignore format: rows
});

/** Length, taps, stride, dilation; the first tap's place and the number of positions under TensorFlow's 'SAME'. */
const same: readonly (readonly [number, number, number, number, number, number])[] = [
  [5, 3, 1, 1, -1, 5],
  [5, 2, 1, 1, 0, 5],
  [5, 3, 2, 1, -1, 3],
  [6, 3, 2, 1, 0, 3],
  [6, 4, 3, 1, 0, 2],
  [5, 3, 1, 2, -2, 5],
  [7, 2, 3, 1, 0, 3],
];

inScope('same padding puts the odd one behind, as TensorFlow does', () => {
  for (const [length, taps, stride, dilation, first, out] of same) {
    const filter = tensor(
      Float32Array.from({ length: taps }, (_, i) => 100 ** i),
      { shape: [taps, 1, 1] },
    );
    const x = counting(1, length, 1).add(1);
    const y = conv1d(x, filter, { padding: 'same', stride, dilation });
    const at = (i: number): number => (i < 0 || i >= length ? 0 : i + 1);
    const expected = Array.from({ length: out }, (_, o) =>
      Array.from({ length: taps }, (_, k) => 100 ** k * at(first + o * stride + k * dilation)).reduce((a, b) => a + b),
    );
    assertTensor(y, [1, out, 1], expected);
  }
});

inScope('signals take padding for each end', () => {
  const filter = tensor([1, 10]).reshape([2, 1, 1]);
  assertTensor(conv1d(counting(1, 3, 1), filter, { padding: [1, 0] }), [1, 3, 1], [0, 10, 21]);
  assertTensor(conv1d(counting(1, 3, 1), filter, { padding: 1, bias: tensor([1]) }), [1, 4, 1], [1, 11, 22, 3]);
});

inScope('operands that do not fit are refused by the name of the call and its shapes', () => {
  const [x, f] = [zeros([1, 4, 4, 2]), zeros([2, 2, 2, 3])];
  assertThrows(() => conv2d(zeros([4, 4, 2]), f), ShapeError, /conv2d: x must be \[batch, height.* got \[4, 4, 2\]/);
  assertThrows(() => conv2d(x, zeros([2, 2, 3])), ShapeError, /conv2d: filter must be .* got \[2, 2, 3\]/);
  assertThrows(
    () => conv2d(x, zeros([2, 2, 1, 3])),
    ShapeError,
    /x \[1, 4, 4, 2\] has 2 channels, filter \[2, 2, 1, 3\]/,
  );
  assertThrows(() => conv2d(x, f, { bias: zeros([2]) }), ShapeError, /conv2d: bias must be \[3\], got \[2\]/);
  assertThrows(() => conv2d(x, zeros([0, 2, 2, 3])), ShapeError, /conv2d: filter \[0, 2, 2, 3\] has no taps/);
  assertThrows(() => conv2d(x, zeros([5, 2, 2, 3])), ShapeError, /conv2d: a window of 5 does not fit into 4/);
  assertThrows(() => conv2d(x, f, { dilation: 4 }), ShapeError, /conv2d: a window of 5/);
  for (const groups of [0, 2, -1, 0.5, Number.NaN]) {
    assertThrows(() => conv2d(x, f, { groups }), OptionError, /conv2d: groups must divide 2 and 3 channels, got/);
  }
  for (const stride of [0, -1, 1.5, Number.NaN, [1, 0], [1, 2, 3]]) {
    assertThrows(() => conv2d(x, f, { stride: stride as 1 }), OptionError, /conv2d: stride must be an integer from 1/);
  }
  for (const padding of ['SAME', -1, 0.5, Number.NaN, [1], [[1, 2]]]) {
    assertThrows(
      () => conv2d(x, f, { padding: padding as 1 }),
      OptionError,
      /conv2d: padding must be 'valid', 'same' or/,
    );
  }
  assertThrows(() => conv2d(x, whole([1])), DTypeError, /conv2d: expected float32 or float64, got int32/);
});

inScope('signals that do not fit are refused with the shapes that were given', () => {
  const [x, f] = [zeros([1, 4, 2]), zeros([2, 2, 3])];
  assertThrows(
    () => conv1d(zeros([4, 2]), f),
    ShapeError,
    /conv1d: x must be \[batch, length, channels\], got \[4, 2\]/,
  );
  assertThrows(() => conv1d(x, zeros([2, 3])), ShapeError, /conv1d: filter must be .* got \[2, 3\]/);
  assertThrows(
    () => conv1d(x, zeros([2, 1, 3])),
    ShapeError,
    /conv1d: x \[1, 4, 2\] has 2 channels, filter \[2, 1, 3\]/,
  );
  assertThrows(() => conv1d(x, f, { bias: zeros([2]) }), ShapeError, /conv1d: bias must be \[3\]/);
  assertThrows(() => conv1d(x, zeros([5, 2, 3])), ShapeError, /conv1d: a window of 5 does not fit into 4/);
  assertThrows(() => conv1d(x, f, { stride: 0 }), OptionError, /conv1d: stride/);
  assertThrows(() => conv1d(x, f, { padding: [1] as never }), OptionError, /conv1d: padding/);
  assertThrows(() => conv1d(x, f, { padding: 'full' as never }), OptionError, /conv1d: padding/);
});

test.run();
