/** Gram-Schmidt, for PowerSGD. */
import type { Vector } from '../compress/message.js';

/** Added to a column's norm: a column of zeros stays one. */
const epsilon = 1e-8;

/** What rounding leaves, at most, of a column that depends on those before it. */
const rounding = 1e-5;

/**
 * Makes the columns of a matrix [rows, columns], row-major, orthonormal in place, from left to right. Those that depend on others
 * become zeros. (Without that their rounding errors would be scaled up to unit length, along the other columns: the
 * product that PowerSGD makes of them then has what they have in common twice.)
 */
export function orthogonalise(matrix: Vector, columns: number): void {
  // Columns are shorter than 1 by epsilon / norm, so subtracting what lies along them leaves twice that.
  let left = rounding;
  for (let j = 0; j < columns; j++) {
    const before = Math.sqrt(product(matrix, columns, j, j));
    for (let other = 0; other < j; other++) subtract(matrix, columns, j, other, product(matrix, columns, other, j));
    const norm = Math.sqrt(product(matrix, columns, j, j));
    const scale = norm > left * before ? 1 / (norm + epsilon) : 0;
    left += (4 * epsilon) / (norm + epsilon);
    for (let at = j; at < matrix.length; at += columns) matrix[at] = scale * matrix[at]!;
  }
}

/** Inner product of two columns. */
function product(matrix: Vector, columns: number, a: number, b: number): number {
  let sum = 0;
  for (let at = 0; at < matrix.length; at += columns) sum += matrix[at + a]! * matrix[at + b]!;
  return sum;
}

/** Column j -= along times another. */
function subtract(matrix: Vector, columns: number, j: number, other: number, along: number): void {
  for (let at = 0; at < matrix.length; at += columns) matrix[at + j]! -= along * matrix[at + other]!;
}
