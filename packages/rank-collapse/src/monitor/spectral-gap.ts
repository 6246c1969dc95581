/** How fast a matrix of attention makes tokens alike: 1 less its second eigenvalue. */
import { eigMatrix, type Matrix, matrix } from '@saccade/tensor';

/** Steps of Arnoldi's method: exact for up to one token more, and within a few percent of the truth for most others. */
const mostSteps = 24;

/**
 * 1 - |second eigenvalue| of P, in [0, 1]: applied again and again, P shrinks what tokens do not have in common by this share each time. Unlike the second
 * singular value, the eigenvalue cannot exceed 1, and it says where this ends rather than what one step may do. By Arnoldi's method on P less the mean over
 * queries, which takes the first eigenvalue, 1, away.
 * @param weights [tokens, tokens], rows that sum to 1
 */
export function spectralGap(weights: Matrix): number {
  const { rows } = weights;
  if (rows < 2) return 1;
  const steps = Math.min(mostSteps, rows - 1);
  const basis = [unit(centred(Float64Array.from({ length: rows }, (_, i) => Math.cos(2.399963 * (i + 1) + 1))))];
  const hessenberg = matrix(steps, steps);
  let done = steps;
  for (let j = 0; j < steps; j++) {
    const next = centred(applied(weights, basis[j]!));
    // Twice: once leaves rounding that grows.
    for (const _ of [0, 1]) {
      for (const [i, direction] of basis.entries()) {
        const along = dot(direction, next);
        hessenberg.data[i * steps + j]! += along;
        for (let r = 0; r < rows; r++) next[r]! -= along * direction[r]!;
      }
    }
    const left = Math.sqrt(dot(next, next));
    if (j + 1 === steps) break;
    if (left < 1e-12) {
      done = j + 1;
      break;
    }
    hessenberg.data[(j + 1) * steps + j] = left;
    basis.push(next.map((value) => value / left));
  }
  return 1 - Math.min(1, largestEigenvalue(corner(hessenberg, done)));
}

function corner({ columns, data }: Matrix, size: number): Matrix {
  return matrix(
    size,
    size,
    Float64Array.from({ length: size * size }, (_, i) => data[Math.floor(i / size) * columns + (i % size)]!),
  );
}

function largestEigenvalue(a: Matrix): number {
  const { real, imaginary } = eigMatrix(a);
  return real.reduce((most, value, i) => Math.max(most, Math.hypot(value, imaginary[i]!)), 0);
}

function applied({ rows, data }: Matrix, x: Float64Array): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => dot(data.subarray(i * rows, (i + 1) * rows), x));
}

function centred(x: Float64Array): Float64Array {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return x.map((value) => value - mean);
}

function unit(x: Float64Array): Float64Array {
  const length = Math.sqrt(dot(x, x));
  return x.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
