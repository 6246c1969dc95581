/** Where the cells of a grid and their patches lie in the image. */
import { OptionError, quote, ShapeError } from '@saccade/tensor';
import type { PatchGrid, PixelBox } from '../patches/patch-grid.js';

/** What a selector looked at: a score for each cell of the grid, and the cells that it chose. */
export interface LookedAt {
  /** [rows, columns] of the grid, row-major. */
  readonly scores: Float32Array;
  readonly grid: PatchGrid;
  /** Positions of the chosen cells, in the order of the slots. */
  readonly chosen: readonly number[];
}

/** @throws {ShapeError} unless the scores fill the grid and the grid is that of the image @throws {OptionError} for a cell outside */
export function requireLook(
  op: string,
  { scores, grid, chosen }: LookedAt,
  image: { readonly height: number; readonly width: number },
): void {
  const { rows, columns, height, width } = grid;
  if (scores?.length !== rows * columns) {
    throw new ShapeError(`${op}: expected ${rows} x ${columns} scores, got ${scores?.length}`);
  }
  if (height !== image.height || width !== image.width) {
    throw new ShapeError(
      `${op}: the grid is for images of ${height} x ${width}, got one of ${image.height} x ${image.width}`,
    );
  }
  const bad = chosen.find((cell) => !Number.isSafeInteger(cell) || cell < 0 || cell >= rows * columns);
  if (bad !== undefined)
    throw new OptionError(`${op}: chosen cells must be in [0, ${rows * columns}), got ${quote(bad)}`);
}

/** First pixels of the cells along one side, and the image's end: around the centres of the patches, the outer ones to the edge. */
function cellEdges(count: number, stride: number, pad: number, patchSize: number, extent: number): Int32Array {
  const first = Math.floor((patchSize - stride) / 2) - pad;
  return Int32Array.from({ length: count + 1 }, (_, i) => {
    if (i === 0) return 0;
    return i === count ? extent : Math.min(extent, Math.max(0, first + i * stride));
  });
}

/** The box of each cell in pixels of the image, row by row: together they cover it. One may be empty. */
export function cellBoxes(grid: PatchGrid): PixelBox[] {
  const { rows, columns, strideY, strideX, padTop, padLeft, patchSize, height, width } = grid;
  const y = cellEdges(rows, strideY, padTop, patchSize, height);
  const x = cellEdges(columns, strideX, padLeft, patchSize, width);
  return Array.from({ length: rows * columns }, (_, cell) => {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    return { top: y[row]!, left: x[column]!, bottom: y[row + 1]!, right: x[column + 1]! };
  });
}

/** A box as far as it is within the image; empty where it is not. */
export function cutBox(
  box: PixelBox,
  { height, width }: { readonly height: number; readonly width: number },
): PixelBox {
  const within = (at: number, end: number): number => Math.min(end, Math.max(0, at));
  return {
    top: within(box.top, height),
    left: within(box.left, width),
    bottom: within(box.bottom, height),
    right: within(box.right, width),
  };
}
