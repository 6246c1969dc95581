/** Sparse top-k (Sander et al. 2023) in float64: the mask of the p-norm regularisation, 0 and 1 beyond a band of scores. */
import { type RelativeRow, relativeRow } from './relative-row.js';

type Floats = { [i: number]: number };

/** The mask at v = (x - tau) / l: clip(v, 0, 1)^power. */
function weight(v: number, power: number): number {
  return v >= 1 ? 1 : v > 0 ? v ** power : 0;
}

/** (x - tau) / l, with infinite scores beyond the band whatever tau is. */
function place(x: number, tau: number, l: number): number {
  return Number.isFinite(x) ? (x - tau) / l : x;
}

/** The tau of one row, relative as the row is, for which the mask sums to k. */
function threshold({ sorted: x, target }: RelativeRow, l: number, power: number): number {
  if (target <= 0) return Infinity;
  if (target >= x.length) return -Infinity;
  const sumAt = (tau: number): number => x.reduce((sum, value) => sum + weight((value - tau) / l, power), 0);
  // The k-th largest is at 0: with tau = -l it and all above have 1, with tau = 0 less than k are above 0.
  let [low, high] = [-l, 0];
  // All others are l or more below: the mask is hard.
  if (sumAt(low) <= target) return low;
  for (;;) {
    const tau = (low + high) / 2;
    if (tau <= low || tau >= high) return tau;
    if (sumAt(tau) > target) low = tau;
    else high = tau;
  }
}

/**
 * y [rows, n] = clip((x - tau) / l, 0, 1)^power for x [rows, n], power = 1 / (p - 1), each row summing to k, real in (0, n].
 * -Infinity gets 0, Infinity 1, or k / count where there are more than k of them. NaN is not looked for.
 */
export function sparse(
  x: ArrayLike<number>,
  y: Floats,
  rows: number,
  n: number,
  k: number,
  l: number,
  power: number,
): void {
  for (let r = 0; r < rows; r++) {
    const row = relativeRow(x, r, n, k);
    const tau = threshold(row, l, power);
    row.x.forEach((value, i) => {
      y[r * n + i] = value === Infinity ? row.share : weight(place(value, tau, l), power);
    });
  }
}

/**
 * Gradients for the cotangent g [rows, n]: dx [rows, n] = d (g - w), dk [rows] = w = sum g d / sum d, with
 * d = power v^(power - 1) / l where 0 < v < 1 and 0 elsewhere. A hard row has gradient 0.
 */
export function sparseGrad(
  x: ArrayLike<number>,
  g: ArrayLike<number>,
  dx: Floats,
  dk: Floats,
  rows: number,
  n: number,
  k: number,
  l: number,
  power: number,
): void {
  for (let r = 0; r < rows; r++) {
    const row = relativeRow(x, r, n, k);
    const tau = threshold(row, l, power);
    const d = row.x.map((value) => {
      const v = place(value, tau, l);
      return v > 0 && v < 1 ? (power * v ** (power - 1)) / l : 0;
    });
    const total = d.reduce((sum, value) => sum + value, 0);
    const w = total === 0 ? 0 : d.reduce((sum, value, i) => sum + value * g[r * n + i]!, 0) / total;
    dk[r] = w;
    d.forEach((value, i) => {
      dx[r * n + i] = value === 0 ? 0 : value * (g[r * n + i]! - w);
    });
  }
}
