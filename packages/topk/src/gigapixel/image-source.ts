/** Images that are in memory, or known without pixels, as sources of tiles. */
import { OptionError, quote, requireCount, ShapeError } from '@saccade/tensor';
import type { ImageWindow } from '../data/canvas.js';
import type { GeneratedImage } from '../data/generated-image.js';
import type { TilePixels, TileSource } from './tile-source.js';

/** A window of pixels that are there. */
function cutTile(image: TilePixels, channels: number, { top, left, height, width }: ImageWindow): TilePixels {
  const row = image.width * channels;
  const at = (y: number): number => (top + y) * row + left * channels;
  if (width === image.width) return { height, width, channels, data: image.data.subarray(at(0), at(height)) };
  const data = new (image.data.constructor as new (length: number) => typeof image.data)(height * width * channels);
  for (let y = 0; y < height; y++) data.set(image.data.subarray(at(y), at(y) + width * channels), y * width * channels);
  return { height, width, channels, data };
}

/**
 * An image in memory, decoded or as `ImageData`: what `selectFromTiles` makes of it is what the selector makes of the tensor.
 * @throws {OptionError} for sides that are no whole numbers from 1 @throws {ShapeError} unless data is [height, width, channels]
 */
export function tilesFromImage(image: TilePixels): TileSource {
  const op = 'tilesFromImage';
  const { height, width, data } = image;
  requireCount(op, 'height', height, 1, Number.MAX_SAFE_INTEGER);
  requireCount(op, 'width', width, 1, Number.MAX_SAFE_INTEGER);
  if (!ArrayBuffer.isView(data)) throw new OptionError(`${op}: data must be a typed array, got ${quote(data)}`);
  const { channels = data.length / (height * width) } = image;
  if (!Number.isInteger(channels) || channels < 1 || data.length !== height * width * channels) {
    throw new ShapeError(
      `${op}: expected ${height} x ${width} pixels with all their channels, got ${data.length} numbers`,
    );
  }
  return { height, width, getTile: (window) => cutTile(image, channels, window) };
}

/** Options of {@link tilesFromGenerated}. */
export interface GeneratedTilesOptions {
  /**
   * `mean` (default): the small picture is the image's own, means of cells, of which only those with something in them are
   * painted. `resize`: it is made from all pixels, as from any other source.
   */
  readonly thumbnail?: 'mean' | 'resize' | undefined;
}

/** A generated image of any size, such as `billiardImage` and `megapixelDigitsImage` give. @throws {OptionError} */
export function tilesFromGenerated(image: GeneratedImage, options: GeneratedTilesOptions = {}): TileSource {
  const { thumbnail = 'mean' } = options;
  if (thumbnail !== 'mean' && thumbnail !== 'resize') {
    throw new OptionError(`tilesFromGenerated: thumbnail must be 'mean' or 'resize', got ${quote(thumbnail)}`);
  }
  const { height, width } = image;
  const tiles: TileSource = { height, width, getTile: (window) => image.window(window) };
  if (thumbnail === 'resize') return tiles;
  return { ...tiles, getThumbnail: (rows, columns) => image.thumbnail([rows, columns]) };
}
