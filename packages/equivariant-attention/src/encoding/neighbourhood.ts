/** Which pixels around a query it attends to: a square, a disc, a disc that fades, or the whole image. */
import { OptionError, quote, requireCount, requireOneOf } from '@saccade/tensor';

/** Form of a patch. A disc, and more so one that fades, changes less than a square under turns that do not map pixels to pixels. */
export type NeighbourhoodShape = 'square' | 'disc' | 'soft';

/** The pixels around a query. */
export interface Neighbourhood {
  /** [O, 2]: (row, column) of a key less that of its query, row by row. */
  readonly offsets: Int32Array;
  /** Pixels to where a coordinate is 1; 0 for a query that sees itself alone, at coordinate 0. */
  readonly reach: number;
  /** [O]: added to scores. */
  readonly window?: Float32Array | undefined;
}

/** As wide as images may be to whole of which pixels attend. */
const maxPatch = 511;

/** All offsets with |row| <= rows and |column| <= columns that are kept. */
function offsetsWithin(rows: number, columns: number, keeps: (row: number, column: number) => boolean): Int32Array {
  const offsets: number[] = [];
  for (let row = -rows; row <= rows; row++) {
    for (let column = -columns; column <= columns; column++) if (keeps(row, column)) offsets.push(row, column);
  }
  return Int32Array.from(offsets);
}

/**
 * A patch of odd side p around the query: a square; a disc, of offsets no longer than p / 2; or a soft disc, which adds 2 log(1 - (r / (p / 2))^2) to the scores
 * of what is r away.
 * @throws {OptionError} for an even patch, which has no middle
 */
export function localNeighbourhood(op: string, patch: number, shape: NeighbourhoodShape): Neighbourhood {
  if (!Number.isSafeInteger(patch) || patch < 1 || patch % 2 === 0) {
    throw new OptionError(`${op}: patch must be an odd number, got ${quote(patch)}`);
  }
  requireCount(op, 'patch', patch, 1, maxPatch);
  requireOneOf(op, 'neighbourhood', shape, ['square', 'disc', 'soft']);
  const reach = (patch - 1) / 2;
  const share = (row: number, column: number): number => (row * row + column * column) / (patch / 2) ** 2;
  const keeps = shape === 'square' ? () => true : (row: number, column: number) => share(row, column) <= 1;
  const offsets = offsetsWithin(reach, reach, keeps);
  if (shape !== 'soft') return { offsets, reach };
  const fade = (i: number): number => 2 * Math.log(1 - share(offsets[2 * i] as number, offsets[2 * i + 1] as number));
  return { offsets, reach, window: Float32Array.from({ length: offsets.length / 2 }, (_, i) => fade(i)) };
}

/** The whole image around each query, in which coordinates reach 1 at `largest` - 1 pixels away. */
export function globalNeighbourhood(height: number, width: number, largest: number): Neighbourhood {
  return { offsets: offsetsWithin(height - 1, width - 1, () => true), reach: largest - 1 };
}
