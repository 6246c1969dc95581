/** Small copies of a large image, made in one pass over its rows, of which only a few are in memory. */
import type { PixelImage, TileSource } from '@saccade/topk';

/** Height and width in pixels. */
export type Size = readonly [height: number, width: number];

/** Bytes of the rows that are read at once. */
const bandBytes = 2 ** 23;
/** Milliseconds after which the page gets its turn. */
const turn = 50;

/** First pixels of the sources of `to` pixels among `from`. */
function starts(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to }, (_, i) => Math.floor((i * from) / to));
}

/** Ends of these sources, each of one pixel at least. */
function ends(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to }, (_, i) =>
    Math.max(Math.floor((i * from) / to) + 1, Math.floor(((i + 1) * from) / to)),
  );
}

/** A copy whose pixels are means of those that they stand for; rows come from the top to the bottom. */
class SmallCopy {
  readonly #size: Size;
  readonly #channels: number;
  readonly #rows: readonly [Int32Array, Int32Array];
  readonly #columns: readonly [Int32Array, Int32Array];
  readonly #sums: Float32Array;
  #first = 0;

  constructor([height, width]: Size, size: Size, channels: number) {
    this.#size = size;
    this.#channels = channels;
    this.#rows = [starts(height, size[0]), ends(height, size[0])];
    this.#columns = [starts(width, size[1]), ends(width, size[1])];
    this.#sums = new Float32Array(size[0] * size[1] * channels);
  }

  add(y: number, row: Uint8Array | Uint8ClampedArray): void {
    const [start, end] = this.#rows;
    while (end[this.#first]! <= y) this.#first++;
    for (let i = this.#first; i < start.length && start[i]! <= y; i++) this.#addTo(i, row);
  }

  #addTo(i: number, row: Uint8Array | Uint8ClampedArray): void {
    const [start, end] = this.#columns;
    const channels = this.#channels;
    let to = i * start.length * channels;
    for (let j = 0; j < start.length; j++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let at = start[j]! * channels + c; at < end[j]! * channels; at += channels) sum += row[at]!;
        this.#sums[to++]! += sum / (end[j]! - start[j]!);
      }
    }
  }

  finish(): PixelImage {
    const [[start, end], [height, width], channels] = [this.#rows, this.#size, this.#channels];
    const data = new Uint8ClampedArray(this.#sums.length);
    for (let i = 0, at = 0; i < height; i++) {
      for (let n = width * channels; n > 0; n--, at++) data[at] = this.#sums[at]! / (end[i]! - start[i]!);
    }
    return { height, width, channels, data };
  }
}

/** How copying is watched. */
export interface ShrinkWatch {
  readonly signal: AbortSignal;
  /** Told the share of the rows that have been read. */
  readonly onProgress: (share: number) => void;
}

/**
 * Copies of the image in these sizes, with as many channels as it has.
 * @throws {Error} for an image that has not 8 bits a channel, and what the source throws
 */
export async function shrink(
  source: TileSource,
  sizes: readonly Size[],
  { signal, onProgress }: ShrinkWatch,
): Promise<PixelImage[]> {
  const { height, width } = source;
  const band = Math.max(1, Math.floor(bandBytes / (4 * width)));
  let copies: SmallCopy[] | undefined;
  let rested = performance.now();
  for (let top = 0; top < height; top += band) {
    const rows = Math.min(band, height - top);
    const { data } = await source.getTile({ top, left: 0, height: rows, width }, { signal });
    if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
      throw new Error('the image has not 8 bits a channel');
    }
    const samples = data.length / rows;
    copies ??= sizes.map((size) => new SmallCopy([height, width], size, samples / width));
    for (let y = 0; y < rows; y++) {
      const row = data.subarray(y * samples, (y + 1) * samples);
      for (const copy of copies) copy.add(top + y, row);
    }
    onProgress((top + rows) / height);
    if (performance.now() - rested < turn) continue;
    await new Promise((resolve) => setTimeout(resolve));
    rested = performance.now();
    signal.throwIfAborted();
  }
  return (copies ?? []).map((copy) => copy.finish());
}
