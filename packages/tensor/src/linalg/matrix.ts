/** A float64 matrix in plain memory, and the checks that every decomposition makes of its input. */
import { OptionError, ShapeError } from '@saccade/kernels';

/** A dense float64 matrix, row-major: element (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** `rows * columns` values. */
  readonly data: Float64Array;
}

/**
 * A matrix of zeros, or over given values (not copied).
 *
 * @throws {ShapeError} if there are not `rows * columns` values, or a size is no non-negative integer
 */
export function matrix(rows: number, columns: number, data: Float64Array = new Float64Array(rows * columns)): Matrix {
  const sizes = Number.isInteger(rows) && Number.isInteger(columns) && rows >= 0 && columns >= 0;
  if (!sizes || data.length !== rows * columns) {
    throw new ShapeError(`matrix: [${rows}, ${columns}] needs ${rows * columns} values, got ${data.length}`);
  }
  return { rows, columns, data };
}

/** The transpose, a copy. */
export function transposeMatrix({ rows, columns, data }: Matrix): Matrix {
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  }
  return { rows: columns, columns: rows, data: out };
}

/** The largest absolute value; 0 for an empty matrix. */
export function maxAbs({ data }: Matrix): number {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/**
 * A power of two that brings the largest value of the matrix near 1, where squares would overflow or vanish; else 1.
 * Multiplying by it is exact.
 */
export function safeScale(a: Matrix): number {
  const largest = maxAbs(a);
  if (largest === 0 || (largest > 1e-100 && largest < 1e100)) return 1;
  return 2 ** Math.min(1022, Math.max(-1022, -Math.floor(Math.log2(largest))));
}

/** A copy with every value multiplied by `factor`. */
export function scaled(a: Matrix, factor: number): Matrix {
  return { ...a, data: a.data.map((value) => value * factor) };
}

/** @throws {OptionError} if a value is NaN or infinite */
export function checkFinite(op: string, { columns, data }: Matrix): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const [row, column] = [Math.floor(bad / columns), bad % columns];
  throw new OptionError(`${op}: values must be finite, got ${data[bad]} at row ${row}, column ${column}`);
}

/** @throws {ShapeError} if the matrix is not square */
export function checkSquare(op: string, { rows, columns }: Matrix): void {
  if (rows !== columns) throw new ShapeError(`${op}: expected a square matrix, got [${rows}, ${columns}]`);
}

/** @throws {ShapeError} if the right-hand side has not as many rows as the matrix */
export function checkRightSide(op: string, a: Matrix, b: Matrix): void {
  if (a.rows !== b.rows) {
    throw new ShapeError(
      `${op}: matrix [${a.rows}, ${a.columns}] and right-hand side [${b.rows}, ${b.columns}] differ in rows`,
    );
  }
}

/** How far a matrix may be from symmetric, relative to its largest value: the rounding of float32 sums. */
const symmetryTolerance = 1e-5;

/**
 * The mean of a matrix and its transpose, a copy.
 *
 * @throws {OptionError} if the two differ by more than 1e-5 of the largest value
 */
export function symmetrised(op: string, a: Matrix): Matrix {
  const { rows: n, data } = a;
  const tolerance = symmetryTolerance * maxAbs(a);
  const out = data.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const [lower, upper] = [data[i * n + j]!, data[j * n + i]!];
      if (Math.abs(lower - upper) > tolerance) {
        throw new OptionError(
          `${op}: expected a symmetric matrix, got ${upper} at (${j}, ${i}) and ${lower} at (${i}, ${j})`,
        );
      }
      const mean = lower + (upper - lower) / 2;
      out[i * n + j] = mean;
      out[j * n + i] = mean;
    }
  }
  return { rows: n, columns: n, data: out };
}
