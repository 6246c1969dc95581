/** Mistakes in what is passed beside tensors, as JavaScript lets callers make them: each is a typed error that says so. */
import { DeviceError, DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as saccade from '../src/index.js';
import { onDevices } from './devices.js';

const { createJsDevice, quote, Rng, scope, stack, zeros } = saccade;
/** The same functions as seen from JavaScript. */
const js = saccade as unknown as Record<string, (...args: unknown[]) => unknown>;

test('an axis or another value in the place of options is refused, not ignored', () => {
  scope(() => {
    const x = zeros([2, 3]);
    for (const name of [
      'sum',
      'mean',
      'max',
      'prod',
      'logSumExp',
      'norm',
      'variance',
      'argmax',
      'cumsum',
      'softmax',
      'sort',
    ]) {
      for (const [value, shown] of [
        [1, '1'],
        [null, 'null'],
        ['1', '"1"'],
        [[0], 'an array'],
        [x, 'a tensor'],
      ] as const) {
        const message = new RegExp(`^${name}: expected options such as \\{ axis: … \\}, got ${shown}$`);
        assertThrows(() => js[name]?.(x, value), OptionError, message);
      }
    }
    assertThrows(
      () => js.zeros?.([2], 'int32'),
      OptionError,
      /zeros: expected options such as \{ dtype: … \}, got "int32"/,
    );
  });
});

test('an option that does not exist is refused with the names that do', () => {
  scope(() => {
    const [x, filter] = [zeros([1, 4, 4, 1]), zeros([3, 3, 1, 2])];
    const known = 'bias, stride, padding, dilation, groups';
    assertThrows(
      () => js.conv2d?.(x, filter, { strides: 2 }),
      OptionError,
      new RegExp(`conv2d: no option 'strides'; there are ${known}`),
    );
    assertThrows(
      () => js.matmul?.(x, x, { transposeC: true }),
      OptionError,
      /matmul: no option 'transposeC'; there are transposeA, transposeB/,
    );
    assertThrows(() => js.layerNorm?.(x, { scale: x }), OptionError, /layerNorm: no option 'scale'/);
    assertThrows(() => new Rng(1).normal([2], { std: 2 } as never), OptionError, /Rng.normal: no option 'std'/);
  });
});

test('what should be an array and is none is refused', () => {
  scope(() => {
    const x = zeros([2, 3]);
    assertThrows(() => js.reshape?.(x, 6), ShapeError, /reshape: a shape is an array of whole numbers, got 6/);
    assertThrows(() => js.transpose?.(x, 1, 0), OptionError, /transpose: order must be an array of 2 axes, got 1/);
    assertThrows(() => js.concat?.(x, x), OptionError, /concat: expected an array of tensors, got a tensor/);
    assertThrows(() => js.stack?.(x), OptionError, /stack: expected an array of tensors, got a tensor/);
    assertThrows(() => stack([]), OptionError, /stack: expected at least one tensor/);
    assertThrows(() => js.tile?.(x, 2), OptionError, /tile: expected 2 whole numbers from 1, got 2/);
    assertThrows(() => js.crop?.(x, 0, 1), ShapeError, /crop: window 1 at 0 leaves \[2, 3\]/);
    assertThrows(
      () => js.pad?.(x, 1),
      OptionError,
      /pad: expected 2 pairs of whole numbers from 0 for \[2, 3\], got 1/,
    );
    assertThrows(() => js.sum?.(x, { axis: '0' }), OptionError, /sum: axis must be an integer in \[-2, 1\], got "0"/);
    assertThrows(() => js.sum?.(x, { axis: null }), OptionError, /sum: axis must be an integer in \[-2, 1\], got null/);
    const images = zeros([1, 2, 2, 1]);
    assertThrows(() => js.resizeBilinear?.(images, 2), OptionError, /resizeBilinear: cannot resize 2 x 2 to 2/);
    assertThrows(
      () => js.maxPool?.(images),
      OptionError,
      /maxPool: expected options such as \{ size: … \}, got undefined/,
    );
    assertThrows(
      () => js.maxPool?.(images, { size: '2' }),
      OptionError,
      /maxPool: size must be an integer from 1 or two of them, got "2"/,
    );
    assertThrows(() => js.maxPool?.(images, { size: Number.NaN }), OptionError, /two of them, got NaN/);
    assertThrows(
      () => js.csrMatmul?.({}, x),
      ShapeError,
      /csrMatmul: a shape is an array of whole numbers, got undefined/,
    );
  });
});

test('what should be a function and is none is refused at once', async () => {
  for (const name of ['grad', 'valueAndGrad', 'customGrad', 'checkpoint', 'scope']) {
    assertThrows(() => js[name]?.(3), OptionError, new RegExp(`${name}: expected a function, got 3`));
  }
  assertThrows(() => js.valueAndGradOf?.([], {}), OptionError, /valueAndGradOf: expected a function, got an object/);
  await assertRejects(
    async () => js.checkGradients?.(() => 0, 3),
    OptionError,
    /checkGradients: expected an array of tensors, got 3/,
  );
  await assertRejects(
    async () => js.saveSafetensors?.('x', null),
    OptionError,
    /saveSafetensors: expected tensors by name, got null/,
  );
});

onDevices(test, 'values that are no numbers are named', () => {
  scope(() => {
    const x = zeros([2]);
    assertThrows(() => js.tensor?.([1, null]), DTypeError, /tensor: expected numbers or booleans, got null/);
    assertThrows(() => js.tensor?.([x, x]), DTypeError, /tensor: got an array of tensors; use stack or concat/);
    assertThrows(() => js.full?.([2], 'a'), DTypeError, /full: "a" is no float32/);
    assertThrows(() => js.add?.(x, '1'), DTypeError, /add: expected a tensor, got "1"/);
    assertThrows(() => js.add?.(x, [1, 2]), DTypeError, /add: expected a tensor, got an array; use tensor\(\[…\]\)/);
  });
});

test('an error shows the beginning of a long array, and of a deep one what lies on top', () => {
  assert.is(quote([1, 'a', [2, null], []]), '[1, "a", [2, null], []]');
  assert.is(quote([[[1]], 2]), '[[an array], 2]');
  const long = Array.from({ length: 1e6 }, (_, i) => i);
  assert.is(quote(long), '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 999990 more]');
  assert.is(quote(long.slice(0, 10)), '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]');
  assert.is(quote([long.slice(0, 11)]), '[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 1 more]]');
  let deep: unknown[] = [];
  for (let i = 0; i < 20_000; i++) deep = [deep];
  assert.is(quote(deep), '[[an array]]');
  scope(() => {
    assertThrows(() => js.sum?.(zeros([2]), { axis: deep }), OptionError, /axis must be .*, got \[\[an array\]\]$/);
  });
});

test('two devices of one kind are told apart', () => {
  scope(() => {
    const [a, b] = [zeros([1], { device: createJsDevice() }), zeros([1], { device: createJsDevice() })];
    assertThrows(() => a.add(b), DeviceError, /add: tensors live on different devices, 'js' and another 'js'/);
  });
});

test.run();
