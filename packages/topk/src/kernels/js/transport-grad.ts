/** Gradients of a transport plan by the scores: through the iterations, and by the implicit function theorem at convergence. */
import { solveLaplacian } from './laplacian.js';
import { farFromOne, ScaledKernel } from './scaled-kernel.js';
import type { Transport, TransportPlan } from './transport.js';

/** What each score's gradient is when the costs (x_i - y_j)^2 have the gradients gradCost [n, m]. */
function throughCost({ x, anchors }: Transport, gradCost: Float64Array): Float64Array {
  const m = anchors.length;
  return x.map((xi, i) => {
    let sum = 0;
    for (let j = 0; j < m; j++) sum += gradCost[i * m + j]! * 2 * (xi - anchors[j]!);
    return sum;
  });
}

/**
 * Gradient by the scores for the cotangent `grad` [n, m] of the plan, taken back through every iteration; iterations that
 * were left out because nothing moved count as repetitions of the last.
 */
export function unrolledGradient(transport: Transport, result: TransportPlan, grad: Float64Array): Float64Array {
  const { epsilon, iterations } = transport;
  const { plan, potentials, steps } = result;
  const kernel = new ScaledKernel(transport);
  const { n, m } = kernel;
  const gradCost = new Float64Array(n * m);
  const gradF = new Float64Array(n);
  let gradG: Float64Array = new Float64Array(m);
  for (let at = 0; at < n * m; at++) {
    const share = (grad[at]! * plan[at]!) / epsilon;
    gradCost[at] = -share;
    gradF[Math.floor(at / m)]! += share;
    gradG[at % m]! += share;
  }
  kernel.centre(potentials.subarray((steps - 1) * m, steps * m));
  const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const negligible = 1e-15 * Math.max(largest(gradF), largest(gradG));
  for (let t = iterations; t > 0; t--) {
    const at = Math.min(t, steps) * m;
    const from = t > steps ? at : at - m;
    gradG = stepBack(kernel, potentials.subarray(from, from + m), potentials.subarray(at, at + m), {
      gradF,
      gradG,
      gradCost,
    });
    gradF.fill(0);
    if (largest(gradG) <= negligible) break;
  }
  return throughCost(transport, gradCost);
}

/** What flows back into one iteration. */
interface Adjoints {
  readonly gradF: Float64Array;
  readonly gradG: Float64Array;
  readonly gradCost: Float64Array;
}

/** Takes the gradients of one iteration's potentials back to the costs (added) and to the potentials `before` (returned). */
function stepBack(kernel: ScaledKernel, before: Float64Array, after: Float64Array, adjoints: Adjoints): Float64Array {
  const { n, m } = kernel;
  const { epsilon, masses } = kernel.transport;
  const factor = (potential: number, j: number): number => Math.exp((potential - kernel.g[j]!) / epsilon);
  let v = before.map(factor);
  if (v.some(farFromOne) || !kernel.scaleRows(v)) {
    kernel.centre(before);
    v = before.map(factor);
  }
  const near = after.map(factor);
  const far = near.some(farFromOne);
  const columns = far ? kernel.between(after) : kernel.matrix;
  const { gradF, gradG, gradCost } = adjoints;
  const fromG = gradG.map((g, j) => (g * (far ? 1 : near[j]!)) / masses[j]!);
  const gradBefore = new Float64Array(m);
  for (let i = 0, at = 0; i < n; i++, at += m) {
    const u = kernel.rowScale[i]!;
    let toRow = gradF[i]!;
    for (let j = 0; j < m; j++) {
      const share = columns[at + j]! * u * fromG[j]!;
      toRow -= share;
      gradCost[at + j]! += share;
    }
    toRow *= u * n;
    for (let j = 0; j < m; j++) {
      const share = kernel.matrix[at + j]! * v[j]! * toRow;
      gradBefore[j]! -= share;
      gradCost[at + j]! += share;
    }
  }
  return gradBefore;
}

/**
 * The same at a fixed point of the iterations, by the implicit function theorem: n [m, m] systems instead of iterations,
 * wrong as long as the rows of the plan do not sum to 1 / n. With w_jl = n sum_i P_ij P_il the system is the Laplacian of
 * a graph of the anchors, so nothing cancels however hard the plan is.
 */
export function implicitGradient(transport: Transport, result: TransportPlan, grad: Float64Array): Float64Array {
  const { x, anchors, epsilon } = transport;
  const { plan } = result;
  const n = x.length;
  const m = anchors.length;
  const system = new Float64Array(m * m);
  const right = new Float64Array(m);
  const missing = new Float64Array(n); // 1 - n times the sum of a row; rounding is left out
  for (let i = 0, at = 0; i < n; i++, at += m) {
    let sum = 0;
    for (let j = 0; j < m; j++) sum += plan[at + j]!;
    missing[i] = Math.abs(1 - n * sum) > 1e-11 ? 1 - n * sum : 0;
    for (let j = 0; j < m; j++) {
      const mass = plan[at + j]!;
      if (mass === 0) continue;
      let flow = missing[i]! * grad[at + j]!;
      for (let l = 0; l < m; l++) {
        if (l === j) continue;
        const share = n * plan[at + l]!;
        system[j * m + l]! += mass * share;
        flow += share * (grad[at + j]! - grad[at + l]!);
      }
      system[j * m + j]! += mass * missing[i]!;
      right[j]! += mass * flow;
    }
  }
  const eta = solveLaplacian(system, right);
  const gradCost = new Float64Array(n * m);
  for (let i = 0, at = 0; i < n; i++, at += m) {
    for (let j = 0; j < m; j++) {
      let change = missing[i]! * (eta[j]! - grad[at + j]!);
      for (let l = 0; l < m; l++) {
        change += n * plan[at + l]! * (grad[at + l]! - grad[at + j]! - (eta[l]! - eta[j]!));
      }
      gradCost[at + j] = (plan[at + j]! / epsilon) * change;
    }
  }
  return throughCost(transport, gradCost);
}
