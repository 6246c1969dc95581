/** Where the patch of an attention cell lies in the full-resolution image. */
import { checkOptions, OptionError, quote } from '@saccade/tensor';

type Pair = readonly [number, number];

/** Sizes as [height, width]. */
export interface AttentionGeometry {
  /** The image from which patches are cut. */
  readonly high: Pair;
  /** The small one that the attention network sees. */
  readonly low: Pair;
  /** Cells of the attention. */
  readonly grid: Pair;
  /** A patch, in pixels of the large image. */
  readonly patch: Pair;
  /** Pixels of the small image, in each direction, that a cell depends on. */
  readonly receptiveField: number;
}

/** The first row of the patches of each row of cells, and the first column of each column; may be outside the image. */
export interface AttentionPatchStarts {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

const names = ['high', 'low', 'grid', 'patch', 'receptiveField'] as const;

/**
 * round(rf / 2 scale + cell steps + steps / 2 - patch / 2) with scale = high / low and steps = (low - rf) scale / grid: the
 * patch has its centre where the receptive field of the cell has its own. Halves round to the even number.
 * @throws {OptionError} unless all sizes are whole numbers from 1 and the small image holds the receptive field
 */
export function attentionPatchStarts(geometry: AttentionGeometry): AttentionPatchStarts {
  const op = 'attentionPatchStarts';
  const { high, low, grid, patch, receptiveField } = checkOptions(op, geometry, names);
  for (const [name, pair] of Object.entries({ high, low, grid, patch })) {
    const valid =
      Array.isArray(pair) && pair.length === 2 && pair.every((size) => Number.isSafeInteger(size) && size >= 1);
    if (!valid)
      throw new OptionError(`${op}: ${name} must be [height, width], whole numbers from 1, got ${quote(pair)}`);
  }
  if (!(receptiveField >= 0 && receptiveField < Math.min(...low))) {
    throw new OptionError(
      `${op}: receptiveField must be a number from 0 below the small image's ${quote(low)}, got ${quote(receptiveField)}`,
    );
  }
  const starts = (axis: 0 | 1): Int32Array => {
    const scale = high[axis] / low[axis];
    const steps = ((low[axis] - receptiveField) * scale) / grid[axis];
    return Int32Array.from({ length: grid[axis] }, (_, cell) =>
      roundHalfEven((receptiveField / 2) * scale + cell * steps + steps / 2 - patch[axis] / 2),
    );
  };
  return { rows: starts(0), columns: starts(1) };
}

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}
