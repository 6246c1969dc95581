/** Anti-aliased resizing. */
import {
  checkGradients,
  DTypeError,
  memory,
  OptionError,
  ones,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resizeAntialiased } from '../src/patches/resize-antialiased.js';
import { assertNear, pullBack } from './golden-modules.js';

const golden = new Golden<Readonly<Record<string, { readonly out: readonly [number, number] }>>, Tensor>(
  new URL('golden/resize', import.meta.url),
  tensor,
);

test('pixels are mixed by a triangle as wide as a new pixel', () => {
  scope(() => {
    const x = tensor([0, 1, 2, 3], { shape: [1, 1, 4, 1] });
    // Centre 0.5 with reach 2: weights 3/4, 3/4, 1/4 of pixels 0, 1, 2, normalised.
    assertClose(resizeAntialiased(x, [1, 2]).dataSync(), [5 / 7, 16 / 7]);
    assertClose(resizeAntialiased(x, [1, 1]).dataSync(), [1.5]);
  });
});

test('a picture of the size asked for stays as it is, in memory of its own name', () => {
  const x = new Rng(1).uniform([1, 3, 4, 2]);
  const y = resizeAntialiased(x, [3, 4]);
  y.dispose();
  const z = resizeAntialiased(x, [3, 4]);
  assert.equal(z.dataSync(), x.dataSync());
  z.dispose();
  x.dispose();
});

test('uint8 pictures come out between 0 and 1, or at the scale asked for', () => {
  scope(() => {
    const bytes = tensor(Uint8Array.of(0, 255, 255, 0), { shape: [1, 2, 2, 1] });
    assert.is(bytes.dtype, 'uint8');
    assertClose(resizeAntialiased(bytes, [1, 1]).item(), 0.5);
    assertClose(resizeAntialiased(bytes, [1, 1], { scale: 1 }).item(), 127.5);
    assertClose(resizeAntialiased(bytes, [2, 2]).dataSync(), [0, 1, 1, 0]);
    assertClose(resizeAntialiased(ones([1, 2, 2, 1]), [1, 1], { scale: 3 }).item(), 3);
  });
});

test('bad shapes, sizes, types and options are typed errors', () => {
  scope(() => {
    const x = zeros([1, 4, 4, 3]);
    assertThrows(() => resizeAntialiased(zeros([4, 4, 3]), [2, 2]), ShapeError, /x must be \[batch, .*got \[4, 4, 3\]/);
    assertThrows(() => resizeAntialiased(zeros([1, 0, 4, 3]), [2, 2]), ShapeError, /must have some pixels/);
    for (const size of [[0, 2], [2], [1.5, 2], 3])
      assertThrows(() => resizeAntialiased(x, size as never), OptionError, /size must be \[height, width\], whole/);
    assertThrows(() => resizeAntialiased(x, [2, 2], { scale: NaN }), OptionError, /scale must be a number, got NaN/);
    assertThrows(() => resizeAntialiased(x, [2, 2], { size: 1 } as never), OptionError, /no option 'size'/);
    const whole = zeros([1, 4, 4, 1], { dtype: 'int32' });
    assertThrows(() => resizeAntialiased(whole, [2, 2]), DTypeError, /x must be float or uint8, got int32/);
  });
});

/** The same from the definition, pixel by pixel. */
function plain(x: Tensor, [height, width]: readonly [number, number]): number[] {
  const [batch, rows, columns, channels] = x.shape as unknown as [number, number, number, number];
  const weights = (size: number, out: number, j: number): number[] => {
    const centre = ((j + 0.5) * size) / out - 0.5;
    const all = Array.from({ length: size }, (_, i) => Math.max(0, 1 - Math.abs(centre - i) / Math.max(size / out, 1)));
    return all.map((w) => w / all.reduce((a, b) => a + b));
  };
  const pixels = x.dataSync();
  const y: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let r = 0; r < height; r++)
      for (let c = 0; c < width; c++)
        for (let channel = 0; channel < channels; channel++) {
          let total = 0;
          for (const [i, v] of weights(rows, height, r).entries())
            for (const [j, h] of weights(columns, width, c).entries())
              total += v * h * (pixels[((b * rows + i) * columns + j) * channels + channel] as number);
          y.push(total);
        }
  return y;
}

test('any size gives what the definition gives', () => {
  const side = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(side, side, side, side, fc.integer({ min: 1, max: 3 }), (rows, columns, height, width, channels) => {
      scope(() => {
        const x = new Rng(rows).normal([2, rows, columns, channels]);
        assertClose(resizeAntialiased(x, [height, width]).dataSync(), plain(x, [height, width]), { atol: 1e-5 });
      });
    }),
    { numRuns: 60, seed: 1 },
  );
});

for (const [name, { out }] of Object.entries(golden.scalars)) {
  test(`${name}: values and gradient are the reference's`, () => {
    scope(() => {
      const x = golden.tensor(`${name}.x`);
      const f = (): Tensor => resizeAntialiased(x, out);
      const { y, gradients } = pullBack(f, golden.tensor(`${name}.grad_out`), new Map([['x', x]]));
      assertNear(y, golden.values(`${name}.y`), 1e-5, 'y');
      assertNear(gradients.get('x') as Tensor, golden.values(`${name}.grad_x`), 1e-5, 'grad_x');
    });
  });
}

test('gradients agree with differences', async () => {
  const x = new Rng(3).normal([2, 5, 4, 2]);
  await checkGradients((image) => resizeAntialiased(image, [2, 3], { scale: 2 }), [x]);
  x.dispose();
});

test('an even picture stays even, an empty batch empty, and nothing is left behind', () => {
  const before = memory().tensors;
  scope(() => {
    assertClose(resizeAntialiased(ones([1, 7, 9, 1]), [3, 5]).dataSync(), new Float32Array(15).fill(1));
    assert.equal([...resizeAntialiased(zeros([0, 7, 9, 1]), [3, 5]).shape], [0, 3, 5, 1]);
  });
  const x = ones([2, 6, 6, 3]);
  resizeAntialiased(x, [2, 2]).dispose();
  x.dispose();
  assert.is(memory().tensors, before);
});

test.run();
