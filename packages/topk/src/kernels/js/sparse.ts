/** Sparse top-k (Sander et al. 2023) in float64: the mask of the p-norm regularisation, 0 and 1 beyond a band of scores. */

type Floats = { [i: number]: number };

/** The mask at v = (x - tau) / l: clip(v, 0, 1)^power. */
function weight(v: number, power: number): number {
  return v >= 1 ? 1 : v > 0 ? v ** power : 0;
}

/** (x - tau) / l, with infinite scores beyond the band whatever tau is. */
function place(x: number, tau: number, l: number): number {
  return Number.isFinite(x) ? (x - tau) / l : x;
}

/** The tau of one row for which the mask sums to k; in the middle if a whole range of them does. */
function threshold(row: Float64Array, k: number, l: number, power: number): number {
  const x = row.filter(Number.isFinite).sort().reverse();
  const target = k - row.reduce((count, value) => count + Number(value === Infinity), 0);
  if (target <= 0) return Infinity;
  if (target >= x.length) return -Infinity;
  const [last, next] = [x[target - 1], x[target]];
  // The best are further than l above the others: the mask is hard.
  if (last !== undefined && next !== undefined && last - next >= l) return (last - l + next) / 2;
  let [low, high] = [x[x.length - 1]! - l, x[0]!];
  for (;;) {
    const tau = (low + high) / 2;
    if (tau <= low || tau >= high) return tau;
    if (x.reduce((sum, value) => sum + weight((value - tau) / l, power), 0) > target) low = tau;
    else high = tau;
  }
}

/**
 * y [rows, n] = clip((x - tau) / l, 0, 1)^power for x [rows, n], power = 1 / (p - 1), each row summing to k, real in (0, n].
 * -Infinity gets 0, Infinity 1. NaN is not looked for.
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
    const row = Float64Array.from({ length: n }, (_, i) => x[r * n + i]!);
    const tau = threshold(row, k, l, power);
    row.forEach((value, i) => {
      y[r * n + i] = weight(place(value, tau, l), power);
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
    const row = Float64Array.from({ length: n }, (_, i) => x[r * n + i]!);
    const tau = threshold(row, k, l, power);
    const d = row.map((value) => {
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
