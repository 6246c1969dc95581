/** What an image that is too large to decode whole offers: its size, and windows of it. */
import type { ImageWindow } from '../data/canvas.js';

/** Element types of pixels. */
export type PixelData = Uint8Array | Uint8ClampedArray | Uint16Array | Int16Array | Float32Array | Float64Array;

/** Pixels of a part of an image, as `ImageData` and decoded images have them. */
export interface TilePixels {
  readonly height: number;
  readonly width: number;
  /** Default: as many as `data` has for each pixel. */
  readonly channels?: number | undefined;
  /** [height, width, channels], row-major. */
  readonly data: PixelData;
}

/** What a request for pixels comes with. */
export interface TileRequest {
  /** Of the whole run; a source may stop early when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** An image by its windows. A source may throw what it likes, which ends the run. */
export interface TileSource {
  readonly height: number;
  readonly width: number;
  /** How many chosen tiles are asked for at the same time. Default: 1, one after the other. */
  readonly parallel?: number | undefined;
  /** The pixels of a window, which always lies within the image. */
  getTile(window: ImageWindow, request: TileRequest): TilePixels | Promise<TilePixels>;
  /**
   * The pixels of the chosen windows, in their order. For sources that read several better together than one by one, such as
   * a file that can only be read from front to back. Default: `getTile` for each.
   */
  getTiles?(
    windows: readonly ImageWindow[],
    request: TileRequest,
  ): readonly TilePixels[] | Promise<readonly TilePixels[]>;
  /**
   * The image made small, if the source has or makes such a picture by itself. Default: it is made from rows of tiles, which
   * reads every pixel once.
   */
  getThumbnail?(height: number, width: number, request: TileRequest): TilePixels | Promise<TilePixels>;
  /** The whole image with fewer pixels, but at least height x width of them, for the small picture to be made from. */
  getOverview?(height: number, width: number): TileSource | undefined;
}

/** A source that holds something open. */
export interface OpenTileSource extends TileSource {
  /** Gives back what the source holds: a file, a decoded image. Reading then fails. */
  close(): Promise<void>;
}
