/** LapSum (Struski et al. 2025) in float64: the mask F((x - b) / alpha), F the Laplace distribution, b such that it sums to k. */
import { type RelativeRow, relativeRow } from './relative-row.js';

type Floats = { [i: number]: number };

/** F(u) for the Laplace distribution. */
function laplace(u: number): number {
  return u <= 0 ? Math.exp(u) / 2 : 1 - Math.exp(-u) / 2;
}

/**
 * The b of one row, relative as the row is. Between two neighbours of the sorted row the sum is a quadratic equation in
 * e^(b / alpha), whose coefficients are running sums that never overflow: above = sum e^-(x_i - x_m) / alpha over the m
 * largest, below = sum e^(x_i - x_m+1) / alpha over the others.
 */
function threshold({ sorted: x, target }: RelativeRow, alpha: number): number {
  const n = x.length;
  if (target <= 0) return Infinity;
  if (target >= n) return -Infinity;
  const decay = (m: number): number => Math.exp((x[m]! - x[m - 1]!) / alpha);
  const below = new Float64Array(n + 1); // below[m]: of the elements from m on, relative to x[m]
  for (let m = n - 1; m >= 0; m--) below[m] = 1 + (m + 1 < n ? decay(m + 1) * below[m + 1]! : 0);
  if (below[0]! / 2 >= target) return x[0]! + alpha * Math.log(below[0]! / (2 * target));
  let above = 1;
  for (let m = 1; m < n; m++, above = 1 + above * decay(m - 1)) {
    const next = decay(m);
    const sumAtNext = m + 1 - (1 + above * next) / 2 + (below[m]! - 1) / 2; // with b = x[m]
    if (sumAtNext >= target) return between(x[m - 1]!, x[m]!, above, below[m]!, next, target - m, alpha);
  }
  return x[n - 1]! + alpha * Math.log((2 * (n - target)) / above);
}

/** Solves c = (below e^-(b - low) - above e^(b - high)) / 2 (in units of alpha) for b in [low, high] without cancellation. */
function between(
  high: number,
  low: number,
  above: number,
  below: number,
  next: number,
  c: number,
  alpha: number,
): number {
  if (c === 0) return (high + low) / 2 + (alpha / 2) * Math.log(below / above);
  const root = Math.abs(c) + Math.sqrt(c * c + above * below * next);
  return c < 0 ? high + alpha * Math.log(root / above) : low + alpha * Math.log(below / root);
}

/**
 * y [rows, n] = F((x - b) / alpha) for x [rows, n], each row summing to k, real in (0, n]. -Infinity gets 0, Infinity 1, or
 * k / count where there are more than k of them. NaN is not looked for.
 */
export function lapsum(x: ArrayLike<number>, y: Floats, rows: number, n: number, k: number, alpha: number): void {
  for (let r = 0; r < rows; r++) {
    const row = relativeRow(x, r, n, k);
    const b = threshold(row, alpha);
    row.x.forEach((value, i) => {
      y[r * n + i] = Number.isFinite(value) ? laplace((value - b) / alpha) : value > 0 ? row.share : 0;
    });
  }
}

/**
 * Gradients for the cotangent g [rows, n]: dx [rows, n], and for each row by k and by alpha. With d_i = F'(u_i) / alpha and
 * w = sum g d / sum d: dx = d (g - w), dk = w, dalpha = sum u d (w - g).
 */
export function lapsumGrad(
  x: ArrayLike<number>,
  g: ArrayLike<number>,
  dx: Floats,
  dk: Floats,
  dalpha: Floats,
  rows: number,
  n: number,
  k: number,
  alpha: number,
): void {
  for (let r = 0; r < rows; r++) {
    const row = relativeRow(x, r, n, k);
    const b = threshold(row, alpha);
    const u = row.x.map((value) => (value - b) / alpha);
    const moves = (i: number): boolean => Number.isFinite(row.x[i]) && Number.isFinite(u[i]);
    // Relative to the largest, so that w is right where all d underflow.
    const nearest = u.reduce((least, value, i) => (moves(i) ? Math.min(least, Math.abs(value)) : least), Infinity);
    const weight = u.map((value, i) => (moves(i) ? Math.exp(nearest - Math.abs(value)) : 0));
    const total = weight.reduce((sum, value) => sum + value, 0);
    const w = total === 0 ? 0 : weight.reduce((sum, value, i) => sum + value * g[r * n + i]!, 0) / total;
    const scale = Math.exp(-nearest) / (2 * alpha);
    dk[r] = w;
    let slope = 0;
    for (let i = 0; i < n; i++) {
      const gradient = scale * weight[i]! * (g[r * n + i]! - w);
      dx[r * n + i] = gradient;
      if (weight[i] !== 0) slope -= gradient * u[i]!;
    }
    dalpha[r] = slope;
  }
}
