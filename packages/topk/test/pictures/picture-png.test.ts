/** Pictures as PNG files and on a canvas. */
import { decodeImage } from '@saccade/nn';
import { OptionError } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { patchGrid } from '../../src/patches/patch-grid.js';
import { type AnyCanvas, drawOverlay, drawPicture } from '../../src/pictures/draw-picture.js';
import type { Picture } from '../../src/pictures/picture.js';
import { overlayPng, pictureAddress, picturePng } from '../../src/pictures/picture-png.js';
import { scoreOverlay } from '../../src/pictures/score-overlay.js';

function noise(height: number, width: number, alpha: number): Picture {
  const values = Array.from({ length: 4 * height * width }, (_, i) => (i % 4 === 3 ? alpha : (i * 97) % 256));
  return { height, width, data: new Uint8ClampedArray(values) };
}

const input = {
  image: { height: 8, width: 9, channels: 1, data: new Uint8Array(72).fill(60) },
  scores: Float32Array.of(1, 2),
  grid: patchGrid({ height: 8, width: 9, rows: 1, columns: 2, patchSize: 4 }),
  chosen: [1],
};

test('a PNG holds every pixel, and alpha only where there is some', async () => {
  for (const alpha of [255, 128]) {
    const picture = noise(7, 11, alpha);
    const bytes = await picturePng(picture);
    assert.is(bytes[25], alpha === 255 ? 2 : 6);
    assert.equal([...(await decodeImage(bytes, { channels: 4 })).data], [...picture.data]);
  }
});

test('an overlay as PNG is the overlay', async () => {
  const { data } = await decodeImage(await overlayPng(input, { opacity: 0.3 }), { channels: 4 });
  assert.equal([...data], [...scoreOverlay(input, { opacity: 0.3 }).data]);
});

test('the address of a picture holds its PNG', async () => {
  const picture = noise(60, 60, 255);
  const address = await pictureAddress(picture);
  const bytes = Uint8Array.from(atob(address.replace('data:image/png;base64,', '')), (c) => c.charCodeAt(0));
  assert.equal(bytes, await picturePng(picture));
});

test('a canvas gets the size and the pixels of an overlay', () => {
  const put: Picture[] = [];
  const context = { putImageData: (image: Picture) => put.push(image) };
  const canvas = { width: 1, height: 1, getContext: (kind: string) => (kind === '2d' ? context : null) };
  const host = globalThis as { ImageData?: unknown };
  const before = host.ImageData;
  host.ImageData ??= function imageData(data: Uint8ClampedArray, width: number, height: number) {
    return { data, width, height };
  };
  try {
    drawOverlay(canvas as unknown as AnyCanvas, input);
  } finally {
    host.ImageData = before;
  }
  const overlay = scoreOverlay(input);
  assert.equal([canvas.height, canvas.width], [overlay.height, overlay.width]);
  assert.equal(put[0]?.data, overlay.data);
});

test('what is no picture or no canvas is refused', async () => {
  await assertRejects(() => picturePng({ ...noise(2, 2, 255), width: 3 }), OptionError, /expected a picture/);
  await assertRejects(() => picturePng(undefined as never), OptionError, /expected a picture/);
  assertThrows(() => drawPicture({ getContext: () => null } as never, noise(1, 1, 255)), OptionError, /2d context/);
  assertThrows(() => drawPicture(undefined as never, noise(1, 1, 255)), OptionError, /2d context/);
});

test.run();
