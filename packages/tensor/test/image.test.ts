/** Resizing and turning images, by hand. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { flip, resizeBilinear, rotate, scope, tensor, transpose, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('half-pixel centres by default, corner to corner if asked for', () => {
  const x = tensor([0, 1, 4]).reshape([1, 1, 3, 1]);
  const row = (width: number, alignCorners: boolean): number[] =>
    values(resizeBilinear(x, [1, width], { alignCorners }));
  assertClose(row(6, false), [0, 0.25, 0.75, 1.75, 3.25, 4]);
  assertClose(row(5, true), [0, 0.5, 1, 2.5, 4]);
  assertClose(row(2, false), [0.25, 3.25]);
  assertClose(row(2, true), [0, 4]);
  assertClose(row(1, true), [0]);
  assertClose(row(1, false), [1]);
  assertClose(row(3, false), [0, 1, 4]);
  const square = resizeBilinear(counting(1, 2, 2, 1), [3, 3], { alignCorners: true });
  assertClose(values(square), [0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3]);
});

inScope('a quarter turn permutes the pixels exactly, counter-clockwise on the screen', () => {
  for (const size of [2, 3, 4]) {
    const x = counting(2, size, size, 2).add(1);
    const turned = flip(transpose(x, [0, 2, 1, 3]), 1);
    const tolerance = { rtol: 1e-6, atol: 1e-4 };
    assertClose(values(rotate(x, Math.PI / 2)), values(turned), tolerance);
    assertClose(values(rotate(x, Math.PI)), values(flip(x, [1, 2])), tolerance);
    assertClose(values(rotate(x, 0)), values(x), tolerance);
    const each = rotate(x, tensor([0, Math.PI / 2]));
    assertClose(values(each.at(0)), values(x.at(0)), tolerance);
    assertClose(values(each.at(1)), values(turned.at(1)), tolerance);
  }
});

inScope('outside of the image there is nothing', () => {
  const y = rotate(tensor([1, 1]).reshape([1, 1, 2, 1]), Math.PI / 2);
  assertClose(values(y), [0.5, 0.5], { atol: 1e-6 });
  assertTensor(rotate(zeros([0, 2, 2, 1]), 1), [0, 2, 2, 1], []);
});

inScope('bad sizes, angles and images are refused', () => {
  const x = zeros([2, 3, 4, 1]);
  for (const size of [[0, 1], [1.5, 2], [Number.NaN, 1], [2], [1, 2, 3]]) {
    // biome-ignore format: pairs
    assertThrows(() => resizeBilinear(x, size as never), OptionError, /resizeBilinear: cannot resize 3 x 4 to \[/);
  }
  assertThrows(() => resizeBilinear(zeros([3, 4]), [1, 1]), ShapeError, /resizeBilinear: x must be .* got \[3, 4\]/);
  assertThrows(() => rotate(zeros([3, 4]), 1), ShapeError, /rotate: x must be .* got \[3, 4\]/);
  assertThrows(() => rotate(x, Number.NaN), OptionError, /rotate: angle must be a finite number, got NaN/);
  assertThrows(() => rotate(x, tensor([1])), ShapeError, /rotate: angles must be \[2\], got \[1\]/);
  assertThrows(() => rotate(x, whole([1, 2])), DTypeError, /rotate: element types differ, float32 and int32/);
});

test.run();
