/** The one wording of index errors, whichever device finds them. */
import { IndexError } from './errors.js';

/** Throws IndexError for the index at `position`. */
export function indexOutside(kernel: string, index: number, position: number, size: number): never {
  throw new IndexError(`${kernel}: index ${index} at position ${position} is outside [0, ${size})`);
}

/** Throws IndexError for a row-start array that does not start at 0, falls at `row`, or does not end at `nonzeros`. */
export function rowStartWrong(kernel: string, row: number, start: number, nonzeros: number): never {
  throw new IndexError(
    `${kernel}: rowStart must start at 0, never fall and end at ${nonzeros} (nonzeros), got ${start} at position ${row}`,
  );
}

/** Throws IndexError for the first of `indices` outside [0, size). */
export function checkIndices(kernel: string, indices: ArrayLike<number>, size: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (index < 0 || index >= size) indexOutside(kernel, index, i, size);
  }
}

/** Throws IndexError unless `rowStart` [rows + 1] starts at 0, never falls and ends at `nonzeros`. */
export function checkRowStart(kernel: string, rowStart: ArrayLike<number>, rows: number, nonzeros: number): void {
  let before = 0;
  for (let r = 0; r <= rows; r++) {
    const start = rowStart[r] as number;
    const wrong = start < before || start > nonzeros || (r === 0 && start !== 0) || (r === rows && start !== nonzeros);
    if (wrong) rowStartWrong(kernel, r, start, nonzeros);
    before = start;
  }
}
