/** Entropic optimal transport of scores to anchors by Sinkhorn's iterations, in float64: the plan of SOFT top-k (Xie et al. 2020). */
import { farFromOne, ScaledKernel } from './scaled-kernel.js';

/** Scores [n] of mass 1 / n each go to anchors [m] that take the given masses; moving x to y costs (x - y)^2. */
export interface Transport {
  readonly x: Float64Array;
  readonly anchors: Float64Array;
  readonly masses: Float64Array;
  /** Weight of the entropy, in the units of the cost. */
  readonly epsilon: number;
  readonly iterations: number;
}

/** What the iterations came to. */
export interface TransportPlan {
  /** [n, m]; its columns sum to the masses, its rows to 1 / n once the iterations have converged. */
  readonly plan: Float64Array;
  /** The anchors' potentials after each iteration that was carried out, the start included: [steps + 1, m]. */
  readonly potentials: Float64Array;
  /** Iterations carried out: fewer than asked for once nothing moves any more. */
  readonly steps: number;
  /** The largest |sum of a row - 1 / n|. */
  readonly marginalError: number;
}

/** Potentials move less than this, in units of epsilon: Sinkhorn's map contracts, so what is left to do cannot matter. */
const still = 1e-14;

/** In place of no mass at all (k = n), whose logarithm would be infinite. */
const nothing = 1e-300;

/** SOFT top-k with sorted rows: anchors 0 ... k of which the first takes all that is not selected; the largest score goes to anchor k. */
export function sortedTransport(x: Float64Array, k: number, epsilon: number, iterations: number): Transport {
  const anchors = Float64Array.from({ length: k + 1 }, (_, j) => j);
  const masses = Float64Array.from(anchors, (j) => (j === 0 ? Math.max(x.length - k, nothing) : 1) / x.length);
  return { x, anchors, masses, epsilon, iterations };
}

/** Two anchors, 0 and 1: those selected go to 1, together k of n. */
export function unsortedTransport(x: Float64Array, k: number, epsilon: number, iterations: number): Transport {
  const n = x.length;
  return {
    x,
    anchors: Float64Array.of(0, 1),
    masses: Float64Array.of(Math.max(n - k, nothing) / n, k / n),
    epsilon,
    iterations,
  };
}

/** Runs the iterations F = smin_j(C - G) + epsilon ln mu, G = smin_i(C - F) + epsilon ln nu from G = 0. */
export function sinkhornPlan(transport: Transport): TransportPlan {
  const { iterations, masses } = transport;
  const m = masses.length;
  const potentials = new Float64Array((iterations + 1) * m);
  const kernel = new ScaledKernel(transport);
  const scale = new Float64Array(m).fill(1); // e^((G - kernel.g) / epsilon)
  kernel.centre(potentials.subarray(0, m));
  let steps = 0;
  for (let moved = Infinity; steps < iterations && moved > still; steps++) {
    const before = potentials.subarray(steps * m, (steps + 1) * m);
    const after = potentials.subarray((steps + 1) * m, (steps + 2) * m);
    if (!advance(kernel, scale, after)) {
      kernel.centre(before);
      scale.fill(1);
      advance(kernel, scale, after);
    }
    if (scale.some(farFromOne)) {
      kernel.centre(after);
      scale.fill(1);
    }
    moved = before.reduce((most, g, j) => Math.max(most, Math.abs(g - after[j]!) / transport.epsilon), 0);
  }
  const last = potentials.subarray(steps * m, (steps + 1) * m);
  const plan = planBetween(kernel, potentials.subarray((steps - 1) * m, steps * m), last);
  return { plan, potentials, steps, marginalError: marginalError(plan, m) };
}

/** One iteration: the potentials of the anchors and their scale; false, with nothing changed, if the kernel is centred too far away. */
function advance(kernel: ScaledKernel, scale: Float64Array, after: Float64Array): boolean {
  if (!kernel.scaleRows(scale)) return false;
  const { n, m, matrix, rowScale } = kernel;
  const { masses, epsilon } = kernel.transport;
  const sums = new Float64Array(m);
  for (let i = 0, at = 0; i < n; i++, at += m) {
    const u = rowScale[i]!;
    for (let j = 0; j < m; j++) sums[j]! += matrix[at + j]! * u;
  }
  for (let j = 0; j < m; j++) {
    scale[j] = masses[j]! / sums[j]!;
    // A column whose kernel underflowed is summed in the log domain.
    after[j] = farFromOne(scale[j]!) ? kernel.columnStep(j) : kernel.g[j]! + epsilon * Math.log(scale[j]!);
  }
  return true;
}

/** e^((F + G - C) / epsilon) for the F that follows from the potentials `before`. */
function planBetween(kernel: ScaledKernel, before: Float64Array, after: Float64Array): Float64Array {
  kernel.centre(before);
  return kernel.between(after);
}

function marginalError(plan: Float64Array, m: number): number {
  const n = plan.length / m;
  let worst = 0;
  for (let i = 0; i < n; i++) {
    const sum = plan.subarray(i * m, (i + 1) * m).reduce((total, mass) => total + mass, 0);
    worst = Math.max(worst, Math.abs(sum - 1 / n));
  }
  return worst;
}
