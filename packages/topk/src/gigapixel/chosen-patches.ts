/** The chosen patches, fetched from a source at full resolution. */
import { mul, scope, type Tensor, tensor } from '@saccade/tensor';
import type { ImageWindow } from '../data/canvas.js';
import { type PatchGrid, type PixelBox, patchBox } from '../patches/patch-grid.js';
import { copyPixels, isByteData } from './tile-pixels.js';
import type { TileReader } from './tile-reader.js';

/** The part of a box that lies within the image; there is some, since patches have their centres there. */
function inside({ top, left, bottom, right }: PixelBox, { height, width }: PatchGrid): ImageWindow {
  const [y, x] = [Math.max(0, top), Math.max(0, left)];
  return { top: y, left: x, height: Math.min(height, bottom) - y, width: Math.min(width, right) - x };
}

/**
 * Patches [1, k, patchSize, patchSize, channels] of cells of the grid, zero outside of the image, as `extractPatches` cuts
 * them out of an image in memory. Bytes are divided by 255, or all numbers multiplied with `scale`.
 *
 * @param done told how many patches there are
 */
export async function fetchPatches(
  reader: TileReader,
  cells: readonly number[],
  grid: PatchGrid,
  scale: number | undefined,
  done: (patches: number) => void,
): Promise<Tensor> {
  const { patchSize } = grid;
  const { channels } = reader;
  const size = patchSize * patchSize * channels;
  const values = new Float32Array(cells.length * size);
  const boxes = cells.map((cell) => patchBox(grid, cell));
  let factor = scale ?? 1;
  await reader.windows(
    boxes.map((box) => inside(box, grid)),
    (patch, window, pixels) => {
      const box = boxes[patch] as PixelBox;
      const corner = (window.top - box.top) * patchSize + window.left - box.left;
      const at = patch * size + corner * channels;
      copyPixels('pixels', pixels, [window.height, window.width], values, channels, at, patchSize * channels);
      if (scale === undefined && isByteData(pixels.data)) factor = 1 / 255;
      done(patch + 1);
    },
  );
  return scope(() => {
    const patches = tensor(values, { shape: [1, cells.length, patchSize, patchSize, channels] });
    return factor === 1 ? patches : mul(patches, factor);
  });
}
