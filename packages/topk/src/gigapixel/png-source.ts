/** Large PNG files as sources of tiles: read from front to back, once for the small picture and once for the chosen tiles. */
import type { ByteStream } from '@saccade/nn';
import { FormatError, SaccadeError } from '@saccade/tensor';
import type { ImageWindow } from '../data/canvas.js';
import { PngRows } from './png-rows.js';
import type { OpenTileSource, TilePixels, TileRequest } from './tile-source.js';

/** A PNG file; windows that follow each other downwards are read in one go. */
export class PngTiles implements OpenTileSource {
  readonly height: number;
  readonly width: number;
  readonly #open: () => Promise<PngRows>;
  #rows: PngRows | undefined;
  /** The last request: they share the place in the file. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(rows: PngRows, open: () => Promise<PngRows>) {
    this.#rows = rows;
    this.#open = open;
    this.height = rows.header.height;
    this.width = rows.header.width;
  }

  /** @param stream gives the bytes of the file anew each time @throws {FormatError} for what is no PNG that can be read row by row */
  static async open(stream: () => ByteStream): Promise<PngTiles> {
    const open = (): Promise<PngRows> => PngRows.open(stream());
    return new PngTiles(await open(), open);
  }

  async getTile(window: ImageWindow, request: TileRequest): Promise<TilePixels> {
    return (await this.getTiles([window], request))[0] as TilePixels;
  }

  getTiles(windows: readonly ImageWindow[], { signal }: TileRequest): Promise<readonly TilePixels[]> {
    const work = this.#last.then(() => this.#read(windows, signal));
    this.#last = work.catch(() => {});
    return work;
  }

  async #read(windows: readonly ImageWindow[], signal: AbortSignal | undefined): Promise<readonly TilePixels[]> {
    const first = Math.min(...windows.map(({ top }) => top));
    const end = Math.max(...windows.map(({ top, height }) => top + height));
    const rows = await this.#from(first);
    const { channels } = rows.header;
    const tiles = windows.map((window) => ({
      ...window,
      channels,
      data: new Uint8Array(window.height * window.width * channels),
    }));
    try {
      while (rows.position < end) {
        if (rows.position % 64 === 0) signal?.throwIfAborted();
        const y = rows.position;
        const row = await rows.next();
        for (const tile of tiles) if (y >= tile.top && y < tile.top + tile.height) copyRow(rows, row, y, tile);
      }
    } catch (error) {
      // The place is lost.
      this.#rows = undefined;
      await rows.close();
      throw error;
    }
    return tiles;
  }

  /** The file at a row that is not beyond `first`. */
  async #from(first: number): Promise<PngRows> {
    if (this.#closed) throw new SaccadeError('io', 'the source has been closed');
    if (this.#rows === undefined || this.#rows.position > first) {
      await this.#rows?.close();
      this.#rows = undefined;
      this.#rows = await this.#open();
    }
    return this.#rows;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#rows?.close();
    this.#rows = undefined;
  }
}

/** Copies what a tile has of row y; positions in a palette become colours. @throws {FormatError} for one that is not there */
function copyRow(
  { header: { channels, palette } }: PngRows,
  row: Uint8Array,
  y: number,
  { top, left, width, data }: ImageWindow & { readonly data: Uint8Array },
): void {
  let at = (y - top) * width * channels;
  if (palette === undefined) {
    data.set(row.subarray(left * channels, (left + width) * channels), at);
    return;
  }
  for (let x = left; x < left + width; x++) {
    const color = 3 * row[x]!;
    if (color >= palette.length) {
      throw new FormatError(`row ${y}: a pixel has colour ${color / 3} of a palette of ${palette.length / 3}`);
    }
    for (let c = 0; c < 3; c++) data[at++] = palette[color + c]!;
  }
}
