/** An image made small band by band: the same numbers as `resizeAntialiased` of the whole, in little memory. */
import { csrMatmul, reshape, scope, tensor } from '@saccade/tensor';
import { resizeAntialiased } from '../patches/resize-antialiased.js';
import { mixMatrix, type PixelMix, pixelMix } from '../patches/resize-weights.js';
import type { BandPlan } from './band-plan.js';
import { isByteData, type Samples, samplesLike } from './tile-pixels.js';
import type { TileReader } from './tile-reader.js';

/** Rows of a small picture, one below the other: float32 [rows, width, channels]. */
export interface Band {
  readonly rows: number;
  readonly data: Float32Array;
}

/** Rows of the image that are held, all channels. */
class HeldRows {
  /** The rows [top, bottom) are there. */
  top = 0;
  bottom = 0;
  data: Samples | undefined;
  readonly #reader: TileReader;
  readonly #plan: BandPlan;

  constructor(reader: TileReader, plan: BandPlan) {
    this.#reader = reader;
    this.#plan = plan;
  }

  /** Numbers in a row. */
  get inner(): number {
    return this.#reader.width * this.#reader.channels;
  }

  /** Numbers of a row that are mixed at once. */
  get block(): number {
    return this.#plan.block;
  }

  /** Drops rows before `top` and reads on to `bottom`. */
  async move(top: number, bottom: number): Promise<void> {
    const { inner } = this;
    this.data?.copyWithin(0, (top - this.top) * inner, (this.bottom - this.top) * inner);
    this.top = top;
    while (this.bottom < bottom) {
      const end = Math.min(bottom, this.bottom + this.#plan.tileRows);
      const at = (this.bottom - top) * inner;
      await this.#reader.rows(this.bottom, end, ({ data }) => this.#room(isByteData(data), data), at);
      this.bottom = end;
    }
  }

  #room(isByte: boolean, like: Parameters<typeof samplesLike>[0]): Samples {
    const { data } = this;
    if (data === undefined) this.data = samplesLike(like, this.#plan.held * this.inner);
    // Numbers of another kind among bytes would have to be divided by 255 or not, one by one.
    else if (data instanceof Uint8Array !== isByte) throw new TypeError('some tiles have bytes and some other numbers');
    return this.data as Samples;
  }
}

/** Rows of the small picture with all columns of the image: mixes of held rows, block by block, each copied to `numbers`. */
async function mixRows(
  held: HeldRows,
  mixes: readonly PixelMix[],
  numbers: Float32Array,
  out: Float32Array,
): Promise<void> {
  const { inner, top, data, block } = held;
  const rows = held.bottom - top;
  const here = mixes.map(({ first, weights }) => ({ first: first - top, weights }));
  for (let left = 0; left < inner; left += block) {
    const width = Math.min(block, inner - left);
    for (let y = 0; y < rows; y++) {
      numbers.set((data as Samples).subarray(y * inner + left, y * inner + left + width), y * width);
    }
    const mixed = scope(() =>
      csrMatmul(
        mixMatrix(here, rows, { dtype: 'float32' }),
        tensor(numbers.subarray(0, rows * width), { shape: [rows, width] }),
      ),
    );
    const values = await mixed.data();
    mixed.dispose();
    for (let row = 0; row < mixes.length; row++) {
      out.set(values.subarray(row * width, (row + 1) * width), row * inner + left);
    }
  }
}

/** The columns of rows, mixed too, and all multiplied with `scale`. */
async function mixColumns(
  rows: Float32Array,
  count: number,
  reader: TileReader,
  width: number,
  scale: number,
): Promise<Band> {
  const { channels } = reader;
  const small = scope(() => {
    const x = tensor(rows.subarray(0, count * reader.width * channels), { shape: [1, count, reader.width, channels] });
    return reshape(resizeAntialiased(x, [count, width], { scale }), [count * width * channels]);
  });
  const data = await small.data();
  small.dispose();
  return { rows: count, data };
}

/**
 * The image made small, in bands from top to bottom. Asks for every row of the image once. Bytes are divided by 255 and other
 * numbers left as they are, or all are multiplied with `scale`.
 */
export async function* antialiasedBands(
  reader: TileReader,
  plan: BandPlan,
  scale: number | undefined,
): AsyncGenerator<Band, void, undefined> {
  const [smallHeight, smallWidth] = plan.size;
  const held = new HeldRows(reader, plan);
  const { group } = plan;
  const wide = new Float32Array(group * held.inner);
  const numbers = new Float32Array(plan.held * Math.min(plan.block, held.inner));
  for (let top = 0; top < smallHeight; top += group) {
    const count = Math.min(group, smallHeight - top);
    for (let row = 0; row < count; row += plan.rows) {
      const mixes = Array.from({ length: Math.min(plan.rows, count - row) }, (_, i) =>
        pixelMix(reader.height, smallHeight, top + row + i),
      );
      const last = mixes.at(-1) as PixelMix;
      await held.move((mixes[0] as PixelMix).first, last.first + last.weights.length);
      await mixRows(held, mixes, numbers, wide.subarray(row * held.inner));
    }
    const factor = scale ?? (held.data instanceof Uint8Array ? 1 / 255 : 1);
    yield await mixColumns(wide, count, reader, smallWidth, factor);
  }
}
