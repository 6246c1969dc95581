/** Asking a source for pixels: one way to be stopped, and errors that name the tile. */
import { OptionError, quote, requireCount, SaccadeError } from '@saccade/tensor';
import type { ImageWindow } from '../data/canvas.js';
import { copyPixels, type Samples, samplesLike } from './tile-pixels.js';
import type { TilePixels, TileSource } from './tile-source.js';

/** The longest side of an image: with it the number of its pixels is still exact. */
const maxSide = 2 ** 26;
const maxParallel = 1024;

/** A window in words. */
function nameWindow({ top, left, height, width }: ImageWindow): string {
  return `tile of rows ${top} to ${top + height - 1}, columns ${left} to ${left + width - 1}`;
}

/** A source as it is used in one run. */
export class TileReader {
  readonly height: number;
  readonly width: number;
  /** Of the pixels that it hands out, whatever the source has. */
  readonly channels: number;
  readonly #op: string;
  readonly #source: TileSource;
  readonly #signal: AbortSignal | undefined;

  /** @throws {OptionError} for what is no source */
  constructor(op: string, source: TileSource, channels: number, signal: AbortSignal | undefined) {
    if (typeof source?.getTile !== 'function') {
      throw new OptionError(`${op}: source must be { height, width, getTile }, got ${quote(source)}`);
    }
    requireCount(op, 'source.height', source.height, 1, maxSide);
    requireCount(op, 'source.width', source.width, 1, maxSide);
    this.height = source.height;
    this.width = source.width;
    this.channels = channels;
    if (source.parallel !== undefined) requireCount(op, 'source.parallel', source.parallel, 1, maxParallel);
    this.#op = op;
    this.#source = source;
    this.#signal = signal;
  }

  /** Rows [top, bottom), copied to `to(kind of pixels)` from position `at` on. @throws {SaccadeError} */
  async rows(top: number, bottom: number, to: (like: TilePixels) => Samples, at: number): Promise<void> {
    const window = { top, left: 0, height: bottom - top, width: this.width };
    const what = nameWindow(window);
    const pixels = await this.#ask(what, () => this.#source.getTile(window, { signal: this.#signal }));
    this.#inTile(what, () => copyPixels('pixels', pixels, [window.height, this.width], to(pixels), this.channels, at));
  }

  /** Whether the source makes a small picture by itself. */
  get hasThumbnail(): boolean {
    return this.#source.getThumbnail !== undefined;
  }

  /** The image made small by the source itself. @throws {SaccadeError} */
  async thumbnail(height: number, width: number): Promise<Samples> {
    const what = `thumbnail of ${height} x ${width}`;
    const pixels = await this.#ask(what, () => this.#source.getThumbnail!(height, width, { signal: this.#signal }));
    return this.#inTile(what, () => {
      const to = samplesLike(pixels?.data, height * width * this.channels);
      copyPixels('pixels', pixels, [height, width], to, this.channels);
      return to;
    });
  }

  /** A smaller version of the image with at least height x width pixels, or the image itself. @throws {OptionError} */
  overview(height: number, width: number): TileReader {
    const source = this.#source.getOverview?.(height, width);
    return source === undefined ? this : new TileReader(`${this.#op}: overview`, source, this.channels, this.#signal);
  }

  /** Calls `use` with the pixels of each window. @throws {SaccadeError} */
  async windows(
    windows: readonly ImageWindow[],
    use: (index: number, window: ImageWindow, pixels: TilePixels) => void,
  ): Promise<void> {
    const source = this.#source;
    const take = (index: number, window: ImageWindow, pixels: TilePixels): void =>
      this.#inTile(nameWindow(window), () => use(index, window, pixels));
    if (source.getTiles !== undefined) {
      const what = `${windows.length} tiles`;
      const tiles = await this.#ask(what, () => source.getTiles!(windows, { signal: this.#signal }));
      for (const [index, window] of windows.entries()) take(index, window, tiles[index] as TilePixels);
      return;
    }
    const waiting = [...windows.entries()];
    const worker = async (): Promise<void> => {
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const [index, window] = next;
          const pixels = await this.#ask(nameWindow(window), () => source.getTile(window, { signal: this.#signal }));
          take(index, window, pixels);
        }
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    };
    await Promise.all(Array.from({ length: source.parallel ?? 1 }, worker));
  }

  async #ask<T>(what: string, request: () => T | Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted();
    try {
      return await request();
    } catch (cause) {
      this.#signal?.throwIfAborted();
      throw this.#failure(what, cause);
    }
  }

  #inTile<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw this.#failure(what, cause);
    }
  }

  #failure(what: string, cause: unknown): SaccadeError {
    const code = cause instanceof SaccadeError ? cause.code : 'io';
    return new SaccadeError(code, `${this.#op}: ${what}: ${(cause as Error)?.message ?? cause}`, { cause });
  }
}
