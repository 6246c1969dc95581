/** Windows and thumbnails of images that are known as marks. */
import { IndexError, OptionError, ShapeError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mark } from '../src/data/canvas.js';
import { GeneratedImage } from '../src/data/generated-image.js';

/** A box of one colour. */
function box(top: number, left: number, height: number, width: number, color: number[]): Mark {
  return {
    top,
    left,
    height,
    width,
    paint: (canvas) => {
      for (let row = top; row < top + height; row++) canvas.run(row, left, left + width, color);
    },
  };
}

/** An image with random boxes within it. */
const images = fc
  .record({
    height: fc.integer({ min: 1, max: 20 }),
    width: fc.integer({ min: 1, max: 20 }),
    channels: fc.constantFrom(1, 3),
    boxes: fc.array(fc.array(fc.nat(1000), { minLength: 7, maxLength: 7 }), { maxLength: 4 }),
  })
  .map(({ height, width, channels, boxes }) => {
    const marks = boxes.map(([a, b, c, d, ...color]) => {
      const [top, left] = [a! % height, b! % width];
      const values = color.slice(0, channels).map((value) => value % 256);
      return box(top, left, 1 + (c! % (height - top)), 1 + (d! % (width - left)), values);
    });
    return new GeneratedImage(height, width, [9, 90, 190].slice(0, channels), marks);
  });

test('later marks lie over earlier ones, on the ground', () => {
  const image = new GeneratedImage(2, 4, [5], [box(0, 0, 2, 2, [7]), box(1, 1, 1, 2, [8])]);
  assert.equal([...image.pixels()], [7, 7, 5, 5, 7, 8, 8, 5]);
  assert.is(image.channels, 1);
});

test('windows that are not within the image, and thumbnails larger than it, are refused', () => {
  const image = new GeneratedImage(4, 5, [0, 1, 2], []);
  const whole = { top: 0, left: 0, height: 4, width: 5 };
  assertThrows(
    () => image.window({ ...whole, height: 0 }),
    OptionError,
    /height must be a whole number in \[1, 4\], got 0/,
  );
  assertThrows(() => image.window({ ...whole, width: 6 }), OptionError, /width .* got 6/);
  assertThrows(() => image.window({ ...whole, top: 1 }), IndexError, /rows 1 to 5 are not within an image of 4 rows/);
  assertThrows(() => image.window({ ...whole, left: -1 }), IndexError, /columns -1 to 4/);
  assertThrows(() => image.window({ ...whole, top: Number.NaN }), IndexError, /rows NaN/);
  for (const size of [
    [5, 5],
    [4, 6],
    [0, 1],
    [1.5, 1],
  ] as const) {
    assertThrows(() => image.thumbnail(size), ShapeError, /thumbnail: size must be from \[1, 1\] to \[4, 5\]/);
  }
});

test('an image too large for memory gives windows and thumbnails, but not all its pixels', () => {
  const image = new GeneratedImage(2 ** 20, 2 ** 20, [0, 0, 0], [box(999_000, 999_000, 1, 1, [255, 0, 0])]);
  assertThrows(() => image.pixels(), OptionError, /has 3298534883328 bytes; ask for windows/);
  const { data, height, width, channels } = image.window({ top: 998_999, left: 999_000, height: 2, width: 1 });
  assert.equal([...data, height, width, channels], [0, 0, 0, 255, 0, 0, 2, 1, 3]);
  assert.is(image.thumbnail([1024, 1024]).data.length, 1024 * 1024 * 3);
});

test('a window has the pixels of the whole image', () => {
  fc.assert(
    fc.property(images, fc.array(fc.nat(100), { minLength: 4, maxLength: 4 }), (image, [a, b, c, d]) => {
      const [top, left] = [a! % image.height, b! % image.width];
      const [height, width] = [1 + (c! % (image.height - top)), 1 + (d! % (image.width - left))];
      const whole = image.pixels();
      const expected = Array.from({ length: height }, (_, y) => {
        const start = ((top + y) * image.width + left) * image.channels;
        return [...whole.subarray(start, start + width * image.channels)];
      }).flat();
      assert.equal([...image.window({ top, left, height, width }).data], expected);
    }),
  );
});

test('a thumbnail has the means of the cells of the whole image', () => {
  fc.assert(
    fc.property(images, fc.nat(100), fc.nat(100), (image, a, b) => {
      const [height, width] = [1 + (a % image.height), 1 + (b % image.width)];
      const whole = image.pixels();
      const expected: number[] = [];
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          for (let c = 0; c < image.channels; c++) {
            let [sum, count] = [0, 0];
            for (
              let y = Math.floor((i * image.height) / height);
              y < Math.floor(((i + 1) * image.height) / height);
              y++
            ) {
              for (
                let x = Math.floor((j * image.width) / width);
                x < Math.floor(((j + 1) * image.width) / width);
                x++
              ) {
                sum += whole[(y * image.width + x) * image.channels + c]!;
                count++;
              }
            }
            expected.push(Math.floor(sum / count + 0.5));
          }
        }
      }
      assert.equal([...image.thumbnail([height, width]).data], expected);
    }),
  );
});

test('a cell of more pixels than are painted at once has their mean', () => {
  const image = new GeneratedImage(1200, 1000, [10], [box(0, 0, 600, 1000, [20])]);
  assert.equal([...image.thumbnail([1, 1]).data], [15]);
});

test.run();
