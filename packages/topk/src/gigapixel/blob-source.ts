/** Images that the browser decodes, as sources of tiles. */
import { checkOptions, DeviceError, FormatError, type OpenOptions, OptionError, quote } from '@saccade/tensor';
import type { ImageWindow } from '../data/canvas.js';
import { tilesFromFile } from './file-source.js';
import type { OpenTileSource, TilePixels } from './tile-source.js';

const op = 'tilesFromBlob';
/** Wider canvases do not exist everywhere. */
const canvasSide = 8192;

/** Pixels of a bitmap, red, green, blue and alpha: the only copy in JavaScript's memory is that of the window. */
function readBitmap(bitmap: ImageBitmap, { top, left, height, width }: ImageWindow): TilePixels {
  const data = new Uint8ClampedArray(height * width * 4);
  for (let y = 0; y < height; y += canvasSide) {
    for (let x = 0; x < width; x += canvasSide) {
      const [rows, columns] = [Math.min(canvasSide, height - y), Math.min(canvasSide, width - x)];
      const context = new OffscreenCanvas(columns, rows).getContext('2d', { willReadFrequently: true });
      if (context === null) throw new DeviceError(`${op}: this browser has no canvas of ${columns} x ${rows}`);
      context.drawImage(bitmap, left + x, top + y, columns, rows, 0, 0, columns, rows);
      const piece = context.getImageData(0, 0, columns, rows).data;
      for (let row = 0; row < rows; row++) {
        data.set(piece.subarray(row * columns * 4, (row + 1) * columns * 4), ((y + row) * width + x) * 4);
      }
    }
  }
  return { height, width, channels: 4, data };
}

async function decodeByBrowser(blob: Blob): Promise<OpenTileSource> {
  if (typeof createImageBitmap !== 'function' || typeof OffscreenCanvas !== 'function') {
    throw new DeviceError(
      `${op}: this host decodes no images but PNG (8 bits, not interlaced) and .npy: convert the file first`,
    );
  }
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' }).catch(
    (cause: unknown) => {
      throw new FormatError(`${op}: expected an image, got ${blob.size} bytes that this browser cannot decode`, {
        cause,
      });
    },
  );
  return {
    height: bitmap.height,
    width: bitmap.width,
    getTile: (window) => readBitmap(bitmap, window),
    close: async () => bitmap.close(),
  };
}

/**
 * An image that a user dropped: a PNG is read row by row where that is possible, a .npy file in pieces, and everything else is decoded by the
 * browser, which holds it outside of JavaScript's memory until the source is closed.
 *
 * @param blob a File or Blob of any format that the browser knows
 * @param options `signal` stops the reading with its reason
 * @throws {FormatError} for what the browser cannot decode @throws {DeviceError} outside of browsers, for what `tilesFromFile`
 *   does not read @throws {OptionError} for what is no Blob
 */
export async function tilesFromBlob(blob: Blob, options: OpenOptions = {}): Promise<OpenTileSource> {
  const { signal } = checkOptions(op, options, ['signal']);
  if (!(typeof Blob !== 'undefined' && blob instanceof Blob)) {
    throw new OptionError(`${op}: expected a File or Blob, got ${quote(blob)}`);
  }
  try {
    return await tilesFromFile(blob, { signal });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  signal?.throwIfAborted();
  const source = await decodeByBrowser(blob);
  if (!signal?.aborted) return source;
  await source.close();
  throw signal.reason;
}
