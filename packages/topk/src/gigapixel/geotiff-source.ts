/** TIFF images, tiled and with overviews, as the npm package `geotiff` opens them. */
import { OptionError, quote } from '@saccade/tensor';
import type { ImageWindow } from '../data/canvas.js';
import type { PixelData, TilePixels, TileRequest, TileSource } from './tile-source.js';

/** What is used of a `GeoTIFFImage`. */
export interface GeoTiffImage {
  getWidth(): number;
  getHeight(): number;
  getSamplesPerPixel(): number;
  readRasters(options: {
    readonly window: number[];
    readonly interleave: true;
    readonly samples?: number[];
    readonly signal?: AbortSignal;
  }): Promise<unknown>;
}

/** Options of {@link tilesFromGeoTiff}. */
export interface GeoTiffTilesOptions {
  /** Which samples are the channels of the model. Default: all. */
  readonly samples?: readonly number[] | undefined;
  /** Smaller versions of the image, in any order: the small picture is made from the smallest that is large enough. */
  readonly overviews?: readonly GeoTiffImage[] | undefined;
}

/** Reads windows of one image of the file. */
function windowReader(image: GeoTiffImage, samples: readonly number[] | undefined) {
  const channels = samples?.length ?? image.getSamplesPerPixel();
  return async ({ top, left, height, width }: ImageWindow, { signal }: TileRequest): Promise<TilePixels> => {
    const data = (await image.readRasters({
      window: [left, top, left + width, top + height],
      interleave: true,
      ...(samples === undefined ? {} : { samples: [...samples] }),
      ...(signal === undefined ? {} : { signal }),
    })) as PixelData;
    return { height, width, channels, data };
  };
}

/**
 * An image of a TIFF file, from `await (await fromUrl(…)).getImage()` of `geotiff`: only the blocks that chosen patches touch
 * are fetched. Values of 8 bits are divided by 255; for others give `selectFromTiles` the `scale` that the model was trained
 * with. @throws {OptionError} for what is no such image, and for samples that it does not have
 */
export function tilesFromGeoTiff(image: GeoTiffImage, options: GeoTiffTilesOptions = {}): TileSource {
  const op = 'tilesFromGeoTiff';
  if (typeof image?.readRasters !== 'function') {
    throw new OptionError(
      `${op}: expected an image of the package geotiff, as getImage() gives it, got ${quote(image)}`,
    );
  }
  const { samples, overviews = [] } = options;
  const count = image.getSamplesPerPixel();
  const wrong = samples?.find((sample) => !Number.isInteger(sample) || sample < 0 || sample >= count);
  if (wrong !== undefined || samples?.length === 0) {
    throw new OptionError(`${op}: samples must be some whole numbers in [0, ${count}), got ${quote(samples)}`);
  }
  const read = windowReader(image, samples);
  return {
    height: image.getHeight(),
    width: image.getWidth(),
    parallel: 8,
    getTile: read,
    getOverview(height, width) {
      const enough = overviews.filter((one) => one.getHeight() >= height && one.getWidth() >= width);
      const smallest = enough.sort((a, b) => a.getWidth() - b.getWidth())[0];
      return smallest && tilesFromGeoTiff(smallest, { samples });
    },
  };
}
