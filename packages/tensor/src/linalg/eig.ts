/** Eigenvalues and eigenvectors of any square matrix, complex ones as real and imaginary parts. */
import { type Complex, times } from './complex.js';
import { checkFinite, checkSquare, type Matrix, maxAbs, safeScale, scaled } from './matrix.js';
import { schur } from './schur.js';
import { schurVector } from './schur-vector.js';

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
 * @throws {ShapeError} if A is not square
 * @throws {OptionError} if A is not finite
 * @throws {LinalgError} if the iteration does not converge
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
