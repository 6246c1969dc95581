/** Eigenvectors of a real Schur form by back substitution. */
import { type Complex, divide, minus, times } from './complex.js';
import type { Matrix } from './matrix.js';

/** Solves (T - value I) x = 0 upwards for an eigenvalue whose block ends in row `last`; x as real and imaginary. */
export function schurVector(t: Matrix, value: Complex, last: number, least: number): [Float64Array, Float64Array] {
  const n = t.rows;
  const at = (i: number, j: number): Complex => ({ re: t.data[i * n + j]!, im: 0 });
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  const set = (i: number, x: Complex) => {
    re[i] = x.re;
    im[i] = x.im;
  };
  /** Minus the product of row i of T with what is known of x. */
  const rest = (i: number, from: number): Complex => {
    let [sumRe, sumIm] = [0, 0];
    for (let j = from; j <= last; j++) {
      sumRe -= t.data[i * n + j]! * re[j]!;
      sumIm -= t.data[i * n + j]! * im[j]!;
    }
    return { re: sumRe, im: sumIm };
  };
  let row = last - 1;
  if (value.im === 0) {
    re[last] = 1;
  } else {
    const [b, c] = [at(row, last), at(last, row)];
    const upper = Math.abs(b.re) >= Math.abs(c.re);
    set(row, upper ? b : minus(value, at(last, last)));
    set(last, upper ? minus(value, at(row, row)) : c);
    row--;
  }
  for (; row >= 0; row--) {
    const second = rest(row, row + 1);
    const d = minus(at(row, row), value);
    if (row === 0 || t.data[row * n + row - 1] === 0) {
      set(row, divide(second, d, least));
    } else {
      const first = rest(row - 1, row + 1);
      const a = minus(at(row - 1, row - 1), value);
      const [b, c] = [at(row - 1, row), at(row, row - 1)];
      // Elimination with the larger of a and c as pivot; Cramer's rule would not be stable here.
      const swap = Math.abs(c.re) > Math.hypot(a.re, a.im);
      const [p, p2, top, below] = swap ? [c, d, second, first] : [a, b, first, second];
      const [l, l2] = swap ? [a, b] : [c, d];
      const factor = divide(l, p, least);
      const lower = divide(minus(below, times(factor, top)), minus(l2, times(factor, p2)), least);
      set(row, lower);
      set(row - 1, divide(minus(top, times(p2, lower)), p, least));
      row--;
    }
    const size = Math.max(Math.hypot(re[row]!, im[row]!), Math.hypot(re[row + 1]!, im[row + 1]!));
    if (size > 1e100) {
      for (let i = row; i <= last; i++) {
        re[i]! /= size;
        im[i]! /= size;
      }
    }
  }
  return [re, im];
}
