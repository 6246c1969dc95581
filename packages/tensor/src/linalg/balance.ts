/** Balancing: a diagonal similarity that evens out rows and columns before a nonsymmetric eigenvalue problem. */
import type { Matrix } from './matrix.js';

/**
 * Scales rows and columns by powers of two (exactly) until their norms are alike; overwrites A with D^-1 A D.
 *
 * @returns the diagonal of D
 */
export function balance({ rows: n, data }: Matrix): Float64Array {
  const d = new Float64Array(n).fill(1);
  for (let changed = true, rounds = 0; changed && rounds < 20; rounds++) {
    changed = false;
    for (let i = 0; i < n; i++) {
      let row = 0;
      let column = 0;
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        row += Math.abs(data[i * n + j]!);
        column += Math.abs(data[j * n + i]!);
      }
      if (row === 0 || column === 0) continue;
      const factor = 2 ** Math.round(Math.log2(row / column) / 2);
      if (factor === 1 || column * factor + row / factor > 0.95 * (column + row)) continue;
      changed = true;
      d[i]! *= factor;
      for (let j = 0; j < n; j++) {
        data[i * n + j]! /= factor;
        data[j * n + i]! *= factor;
      }
    }
  }
  return d;
}
