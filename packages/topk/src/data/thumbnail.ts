/** An image of marks made small: means of cells, from bands that are painted one after the other. */
import { type Color, type ImageWindow, type Mark, paintWindow } from './canvas.js';

/** Pixels that are painted at once, or one row. */
const pixelsAtOnce = 2 ** 20;

/** Where cell i of `cells` along an axis begins; the next one begins where it ends. */
function startOf(i: number, extent: number, cells: number): number {
  return Math.floor((i * extent) / cells);
}

/** The cell that holds a position: the last one that does not begin beyond it. */
function cellOf(position: number, extent: number, cells: number): number {
  return Math.floor(((position + 1) * cells - 1) / extent);
}

/** Columns of cells, of which some have marks. */
interface CellRow {
  readonly starts: Int32Array;
  /** 1 for each cell that a mark reaches into. */
  readonly isMarked: Uint8Array;
  /** Sums of the pixels of marked cells, by cell and channel. */
  readonly sums: Float64Array;
}

/** Adds the pixels of a band to the sums of the cells. */
function addBand({ starts, isMarked, sums }: CellRow, pixels: Uint8Array, { left, height, width }: ImageWindow): void {
  const channels = pixels.length / (height * width);
  for (let y = 0; y < height; y++) {
    for (let cell = 0; cell < isMarked.length; cell++) {
      if (isMarked[cell] === 0) continue;
      let at = (y * width + starts[cell]! - left) * channels;
      const end = (y * width + starts[cell + 1]! - left) * channels;
      while (at < end) for (let c = 0; c < channels; c++) sums[cell * channels + c]! += pixels[at++]!;
    }
  }
}

/**
 * [height, width, channels]: the rounded means of the cells of an image, row-major.
 * @param size [height, width], each from 1 to the image's own
 */
export function paintThumbnail(
  image: { readonly height: number; readonly width: number },
  [height, width]: readonly [height: number, width: number],
  ground: Color,
  marks: readonly Mark[],
): Uint8Array<ArrayBuffer> {
  const data = paintWindow({ top: 0, left: 0, height, width }, ground, []);
  const channels = ground.length;
  const starts = Int32Array.from({ length: width + 1 }, (_, i) => startOf(i, image.width, width));
  const cells: CellRow = { starts, isMarked: new Uint8Array(width), sums: new Float64Array(width * channels) };
  const buffer = new ArrayBuffer(Math.max(pixelsAtOnce, image.width) * channels);
  for (let row = 0; row < height; row++) {
    const [top, bottom] = [startOf(row, image.height, height), startOf(row + 1, image.height, height)];
    const here = marks.filter((mark) => mark.top < bottom && mark.top + mark.height > top);
    if (here.length === 0) continue;
    cells.isMarked.fill(0);
    cells.sums.fill(0);
    for (const mark of here) {
      const last = cellOf(mark.left + mark.width - 1, image.width, width);
      cells.isMarked.fill(1, cellOf(mark.left, image.width, width), last + 1);
    }
    const left = starts[cells.isMarked.indexOf(1)]!;
    const bandWidth = starts[cells.isMarked.lastIndexOf(1) + 1]! - left;
    const step = Math.max(1, Math.floor(pixelsAtOnce / bandWidth));
    for (let y = top; y < bottom; y += step) {
      const band = { top: y, left, height: Math.min(step, bottom - y), width: bandWidth };
      addBand(cells, paintWindow(band, ground, here, buffer), band);
    }
    for (let i = 0; i < cells.sums.length; i++) {
      const cell = Math.floor(i / channels);
      const count = (bottom - top) * (starts[cell + 1]! - starts[cell]!);
      if (cells.isMarked[cell] === 1) data[row * width * channels + i] = Math.floor(cells.sums[i]! / count + 0.5);
    }
  }
  return data;
}
