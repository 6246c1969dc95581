/** The sampled perturbed top-k and its gradients (section 3 of the paper, equations 5 and 6), one sample after another. */

type Numbers = { readonly length: number; [i: number]: number };

/** The score function of the noise, -d log p(z) / dz. */
function nu(z: number, gumbel: boolean): number {
  return gumbel ? 1 - Math.exp(-z) : z;
}

/** Positions of the k largest, the best first; of equals the lower position first. */
function largest(values: Float32Array, k: number): number[] {
  const order = Array.from(values.keys());
  order.sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
  return order.slice(0, k);
}

export function perturbedSelect(
  scores: Numbers,
  sigma: Numbers,
  noise: Numbers,
  chosen: Numbers,
  chosenNoise: Numbers,
  moments: Numbers,
  first: number,
  count: number,
  samples: number,
  n: number,
  k: number,
  stride: number,
  order: number,
  gumbel: boolean,
  withMoments: boolean,
): void {
  // float32 steps, as on every device: which element wins must not depend on the precision.
  const values = new Float32Array(n);
  for (let item = 0; item < count; item++) {
    const row = Math.floor((first + item) / samples);
    let moment = 0;
    for (let i = 0; i < n; i++) {
      const z = noise[item * stride + i] as number;
      values[i] = (scores[row * n + i] as number) + Math.fround((sigma[row] as number) * z);
      moment += z * nu(z, gumbel) - 1;
    }
    const winners = largest(values, k);
    if (order === 0) winners.sort((a, b) => a - b);
    else if (order === 2) winners.reverse();
    for (const [r, position] of winners.entries()) {
      chosen[(first + item) * k + r] = position;
      chosenNoise[(first + item) * k + r] = noise[item * stride + position] as number;
    }
    if (withMoments) moments[first + item] = moment;
  }
}

export function perturbedCount(chosen: Numbers, counts: Numbers, rows: number, size: number): void {
  for (let row = 0; row < rows; row++) {
    const seen = new Set<number>();
    for (let i = 0; i < size; i++) seen.add(chosen[row * size + i] as number);
    counts[row] = seen.size;
  }
}

/** The m candidates of one row, ascending. */
function candidatesOf(chosen: Numbers, at: number, size: number, n: number, m: number): number[] {
  const seen = new Set<number>();
  for (let i = 0; i < size; i++) seen.add(chosen[at + i] as number);
  for (let i = 0; i < n && seen.size < m; i++) seen.add(i);
  return [...seen].sort((a, b) => a - b);
}

export function perturbedWeights(
  chosen: Numbers,
  candidates: Numbers,
  slots: Numbers,
  weights: Numbers,
  rows: number,
  all: number,
  samples: number,
  n: number,
  k: number,
  m: number,
): void {
  for (let row = 0; row < rows; row++) {
    const list = candidatesOf(chosen, row * all * k, all * k, n, m);
    const place = new Map(list.map((position, slot) => [position, slot]));
    for (const [slot, position] of list.entries()) candidates[row * m + slot] = position;
    const counts = new Float64Array(k * m);
    for (let s = 0; s < all; s++) {
      for (let r = 0; r < k; r++) {
        const at = (row * all + s) * k + r;
        const slot = place.get(chosen[at] as number) as number;
        slots[at] = slot;
        if (s < samples) counts[r * m + slot] = (counts[r * m + slot] as number) + 1;
      }
    }
    for (let i = 0; i < k * m; i++) weights[row * k * m + i] = (counts[i] as number) / samples;
  }
}

export function perturbedCoefficients(
  slots: Numbers,
  cotangent: Numbers,
  sigma: Numbers,
  coefficients: Numbers,
  rows: number,
  all: number,
  samples: number,
  k: number,
  m: number,
  baseline: number,
): void {
  for (let row = 0; row < rows; row++) {
    const rewards = Array.from({ length: all }, (_, s) => {
      let sum = 0;
      for (let r = 0; r < k; r++) {
        sum += cotangent[(row * k + r) * m + (slots[(row * all + s) * k + r] as number)] as number;
      }
      return sum;
    });
    const mean = rewards.slice(0, samples).reduce((sum, c) => sum + c, 0) / samples;
    for (let s = 0; s < samples; s++) {
      let c = rewards[s] as number;
      if (baseline === 1) c = ((c - mean) * samples) / (samples - 1);
      else if (baseline === 2) c -= rewards[samples] as number;
      coefficients[row * samples + s] = c / (samples * (sigma[row] as number));
    }
  }
}

export function perturbedGrad(
  noise: Numbers,
  coefficients: Numbers,
  grad: Numbers,
  first: number,
  count: number,
  samples: number,
  n: number,
  stride: number,
  gumbel: boolean,
): void {
  for (let item = 0; item < count; item++) {
    const row = Math.floor((first + item) / samples);
    const c = coefficients[first + item] as number;
    for (let i = 0; i < n; i++) {
      grad[row * n + i] = (grad[row * n + i] as number) + c * nu(noise[item * stride + i] as number, gumbel);
    }
  }
}

export function perturbedDiagonal(
  slots: Numbers,
  chosenNoise: Numbers,
  cotangent: Numbers,
  sigma: Numbers,
  grad: Numbers,
  rows: number,
  all: number,
  samples: number,
  k: number,
  m: number,
  gumbel: boolean,
): void {
  for (let row = 0; row < rows; row++) {
    const sums = new Float64Array(m);
    for (let s = 0; s < samples; s++) {
      for (let r = 0; r < k; r++) {
        const at = (row * all + s) * k + r;
        const slot = slots[at] as number;
        sums[slot] =
          (sums[slot] as number) +
          (cotangent[(row * k + r) * m + slot] as number) * nu(chosenNoise[at] as number, gumbel);
      }
    }
    for (let i = 0; i < m; i++) grad[row * m + i] = (sums[i] as number) / (samples * (sigma[row] as number));
  }
}
