/** Where the patches of an image lie: one a cell of the grid of scores. */
import { checkOptions, OptionError, quote, requireCount } from '@saccade/tensor';

/** Options of the grid. All lengths are whole pixels of the full image. */
export interface PatchGridOptions {
  /** Height of the images. */
  readonly height: number;
  readonly width: number;
  /** Rows of scores, and so of patches. */
  readonly rows: number;
  readonly columns: number;
  /** Side of a patch. May exceed the cells, and the image. */
  readonly patchSize: number;
  /**
   * `cell` (default): the image is divided evenly, and a patch has the centre of its cell, as in the paper.
   * `receptive-field`: a patch has the centre of what its score has seen, for which `downscale`, `pool` and
   * `receptiveField` are needed; in the paper's settings cells lie half a cell off.
   */
  readonly align?: 'cell' | 'receptive-field' | undefined;
  /** How many times smaller the picture is that the scorer sees. */
  readonly downscale?: number | undefined;
  /** Pixels of the small picture from one score to the next. */
  readonly pool?: number | undefined;
  /** Pixels of the small picture that one score sees, side by side. */
  readonly receptiveField?: number | undefined;
}

/** Overlapping or spaced patches: that of cell (i, j) begins at row i strideY - padTop and column j strideX - padLeft. */
export interface PatchGrid {
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
  readonly patchSize: number;
  readonly strideY: number;
  readonly strideX: number;
  /** Rows of zeros above the image. Negative where the first patch begins inside it. */
  readonly padTop: number;
  readonly padLeft: number;
  /** Rows of zeros below, such that every patch is covered. Negative where rows are left over. */
  readonly padBottom: number;
  readonly padRight: number;
}

/** A square of pixels, which may reach outside of the image; `bottom` and `right` are the first ones behind it. */
export interface PixelBox {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

const alignments = ['cell', 'receptive-field'] as const;
const seen = ['downscale', 'pool', 'receptiveField'] as const;
const names = ['height', 'width', 'rows', 'columns', 'patchSize', 'align', ...seen] as const;

/** From one patch to the next, and how many pixels around a patch's centre its score is about. */
interface Spacing {
  readonly stride: number;
  readonly extent: number;
}

/**
 * The grid of Cordonnier et al. 2021: strides floor(height / rows) and floor(width / columns), a padding of
 * floor((patchSize - stride) / 2) zeros, which crops to the centre of the cell where it is negative. With
 * `receptive-field` strides are pool x downscale and the padding is floor((patchSize - receptiveField x downscale) /
 * 2); where the downscale does not divide the image, that is true to less than one pixel of the small picture.
 * @throws {OptionError} for lengths that are no whole numbers from 1, and for more cells than pixels
 */
export function patchGrid(options: PatchGridOptions): PatchGrid {
  const op = 'patchGrid';
  const { height, width, rows, columns, patchSize, align = 'cell' } = checkOptions(op, options, names);
  for (const name of ['height', 'width', 'rows', 'columns', 'patchSize'] as const) {
    requireCount(op, name, options[name]);
  }
  if (!alignments.includes(align)) {
    throw new OptionError(`${op}: align must be ${alignments.join(' or ')}, got ${quote(align)}`);
  }
  if (rows > height || columns > width) {
    throw new OptionError(`${op}: an image of ${height} x ${width} has no ${rows} x ${columns} cells`);
  }
  const spacing = align === 'cell' ? evenly(op, options) : scored(op, options);
  const along = (size: number, cells: number): readonly [stride: number, before: number, after: number] => {
    const { stride, extent } = spacing(size, cells);
    const before = Math.floor((patchSize - extent) / 2);
    return [stride, before, stride * cells + patchSize - 1 - before - size];
  };
  const [strideY, padTop, padBottom] = along(height, rows);
  const [strideX, padLeft, padRight] = along(width, columns);
  return { height, width, rows, columns, patchSize, strideY, strideX, padTop, padLeft, padBottom, padRight };
}

function evenly(op: string, options: PatchGridOptions): (size: number, cells: number) => Spacing {
  const stray = seen.find((name) => options[name] !== undefined);
  if (stray !== undefined) throw new OptionError(`${op}: ${stray} is for align: 'receptive-field'`);
  return (size, cells) => {
    const stride = Math.floor(size / cells);
    return { stride, extent: stride };
  };
}

function scored(op: string, options: PatchGridOptions): () => Spacing {
  const [downscale, pool, receptiveField] = seen.map((name) => requireCount(op, name, options[name] as number)) as [
    number,
    number,
    number,
  ];
  return () => ({ stride: pool * downscale, extent: receptiveField * downscale });
}

/** The pixels of cell `index`, counted row by row. @throws {OptionError} unless it is one of the grid's */
export function patchBox(grid: PatchGrid, index: number): PixelBox {
  const { rows, columns, patchSize, strideY, strideX, padTop, padLeft } = grid;
  if (!Number.isInteger(index) || index < 0 || index >= rows * columns) {
    throw new OptionError(`patchBox: index must be a whole number in [0, ${rows * columns}), got ${quote(index)}`);
  }
  const top = Math.floor(index / columns) * strideY - padTop;
  const left = (index % columns) * strideX - padLeft;
  return { top, left, bottom: top + patchSize, right: left + patchSize };
}
