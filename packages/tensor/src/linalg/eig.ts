/** Eigenvalues and eigenvectors of any square matrix, complex ones as real and imaginary parts. */
import { checkFinite, checkSquare, type Matrix, maxAbs, safeScale, scaled } from './matrix.js';
import { schur } from './schur.js';

/** A V = V diag(values), with complex V and values. */
export interface EigMatrices {
  /** Real parts, ascending. */
  readonly real: Float64Array;
  /** Imaginary parts; conjugate pairs stand side by side, the negative one first. */
  readonly imaginary: Float64Array;
  /** `[n, n]`; column j belongs to eigenvalue j, has norm 1, and its largest element is real. */
  readonly vectorsReal: Matrix;
  /** `[n, n]` */
  readonly vectorsImaginary: Matrix;
}

interface Complex {
  readonly re: number;
  readonly im: number;
}

function times(a: Complex, b: Complex): Complex {
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

function minus(a: Complex, b: Complex): Complex {
  return { re: a.re - b.re, im: a.im - b.im };
}

/** a / b without overflow on the way; a divisor smaller than `least` is replaced by `least`. */
function divide(a: Complex, b: Complex, least: number): Complex {
  const size = Math.hypot(b.re, b.im);
  if (size < least) return { re: a.re / least, im: a.im / least };
  const turned = times(a, { re: b.re / size, im: -b.im / size });
  return { re: turned.re / size, im: turned.im / size };
}

/** Solves (T - value I) x = 0 upwards for an eigenvalue whose block ends in row `last`; x as real and imaginary. */
function schurVector(t: Matrix, value: Complex, last: number, least: number): [Float64Array, Float64Array] {
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

/** Norm 1, and the largest element real and positive. */
function normalise(re: Float64Array, im: Float64Array): void {
  let largest = 0;
  let at = 0;
  for (let i = 0; i < re.length; i++) {
    const size = Math.hypot(re[i]!, im[i]!);
    if (size > largest) [largest, at] = [size, i];
  }
  const phase = { re: re[at]! / largest, im: -im[at]! / largest };
  let sum = 0;
  for (let i = 0; i < re.length; i++) {
    const turned = times({ re: re[i]! / largest, im: im[i]! / largest }, phase);
    re[i] = turned.re;
    im[i] = i === at ? 0 : turned.im;
    sum += re[i]! ** 2 + im[i]! ** 2;
  }
  const norm = Math.sqrt(sum);
  for (let i = 0; i < re.length; i++) {
    re[i]! /= norm;
    im[i]! /= norm;
  }
}

/** An eigenvalue of a Schur form and the last row of its block. */
interface SchurValue {
  readonly value: Complex;
  readonly last: number;
}

/** The eigenvalues of a Schur form. */
function schurValues(t: Matrix): SchurValue[] {
  const n = t.rows;
  const found: SchurValue[] = [];
  for (let i = 0; i < n; i++) {
    const a = t.data[i * n + i]!;
    const c = i + 1 < n ? t.data[(i + 1) * n + i]! : 0;
    if (c === 0) {
      found.push({ value: { re: a, im: 0 }, last: i });
      continue;
    }
    const d = t.data[(i + 1) * n + i + 1]!;
    const half = (a - d) / 2;
    const im = Math.sqrt(Math.max(0, -(half * half + t.data[i * n + i + 1]! * c)));
    const re = d + half;
    found.push({ value: { re, im }, last: i + 1 }, { value: { re, im: -im }, last: i + 1 });
    i++;
  }
  return found;
}

/** By real part; a conjugate pair stays together, the negative imaginary part first. */
function ascending(x: SchurValue, y: SchurValue): number {
  const [a, b] = [x.value, y.value];
  return a.re - b.re || Math.abs(a.im) - Math.abs(b.im) || x.last - y.last || a.im - b.im;
}

/**
 * All eigenvalues and right eigenvectors of a square matrix. Where eigenvectors are missing (a defective matrix), the
 * columns of equal eigenvalues are nearly parallel.
 *
 * @param a `[n, n]`; not changed
 * @throws ShapeError if A is not square
 * @throws OptionError if A is not finite
 * @throws LinalgError if the iteration does not converge
 */
export function eigMatrix(a: Matrix): EigMatrices {
  checkSquare('eig', a);
  checkFinite('eig', a);
  const n = a.rows;
  const scale = safeScale(a);
  const work = scaled(a, scale);
  const least = Number.EPSILON * maxAbs(work) || 1;
  const { q, t } = schur(work);
  const found = schurValues(t).sort(ascending);
  const vectorsReal = new Float64Array(n * n);
  const vectorsImaginary = new Float64Array(n * n);
  found.forEach(({ value, last }, column) => {
    const [xRe, xIm] = schurVector(t, value, last, least);
    const re = new Float64Array(n);
    const im = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let [sumRe, sumIm] = [0, 0];
      for (let j = 0; j <= last; j++) {
        sumRe += q.data[i * n + j]! * xRe[j]!;
        sumIm += q.data[i * n + j]! * xIm[j]!;
      }
      re[i] = sumRe;
      im[i] = sumIm;
    }
    normalise(re, im);
    for (let i = 0; i < n; i++) {
      vectorsReal[i * n + column] = re[i]!;
      vectorsImaginary[i * n + column] = im[i]!;
    }
  });
  return {
    real: Float64Array.from(found, ({ value }) => value.re / scale),
    imaginary: Float64Array.from(found, ({ value }) => value.im / scale),
    vectorsReal: { rows: n, columns: n, data: vectorsReal },
    vectorsImaginary: { rows: n, columns: n, data: vectorsImaginary },
  };
}
