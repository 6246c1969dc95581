/** SOFT top-k (Xie et al. 2020) of rows of scores, in float64: which score goes to which of k ranks, and its gradient. */
import { type FiniteScores, finiteScores } from './finite-scores.js';
import { sinkhornPlan, sortedTransport, type Transport, type TransportPlan, unsortedTransport } from './transport.js';
import { implicitGradient, unrolledGradient } from './transport-grad.js';

type Floats = { fill(value: number): unknown; [i: number]: number };

/** How the plan is found, and how it is differentiated. */
export interface SinkhornSettings {
  /** Weight of the entropy; scores are best within [0, 1], ranks are 1 apart. */
  readonly epsilon: number;
  readonly iterations: number;
  /**
   * 'ranks': row r of [k, n] is the score that is r-th from the top. 'mask': one row, the sum of k. 'mask-release': as the
   * paper's release has it, whose masses are swapped, so that it selects n - k.
   */
  readonly rows: 'ranks' | 'mask' | 'mask-release';
  /** 'auto': implicit if n times the marginal error is below `tolerance`, else unrolled. */
  readonly gradient: 'auto' | 'implicit' | 'unrolled';
  readonly tolerance: number;
}

/** A row's finite scores and the transport of those that are not selected for certain. */
interface Problem extends FiniteScores {
  /** Undefined if nothing is left to choose. */
  readonly transport: Transport | undefined;
}

function problem(x: ArrayLike<number>, row: number, n: number, k: number, settings: SinkhornSettings): Problem {
  const scores = finiteScores('sinkhorn', x, row, n, k);
  const count = scores.x.length;
  const left = k - scores.sure.length;
  const { epsilon, iterations, rows } = settings;
  if (left === 0 || count === 0) return { ...scores, transport: undefined };
  if (rows === 'ranks') return { ...scores, transport: sortedTransport(scores.x, left, epsilon, iterations) };
  const selected = rows === 'mask' ? left : count - left;
  if (selected === 0) return { ...scores, transport: undefined };
  return { ...scores, transport: unsortedTransport(scores.x, selected, epsilon, iterations) };
}

/**
 * y [rows, k, n] (or [rows, 1, n] for masks) from x [rows, n]: n times the plan without the column of what is not selected.
 * `errors` [rows] gets the marginal error relative to 1 / n. Costs (n k) exponentials now and then, and 2 n k products an
 * iteration. @throws {OptionError} for NaN
 */
export function sinkhorn(
  x: ArrayLike<number>,
  y: Floats,
  errors: Floats,
  rows: number,
  n: number,
  k: number,
  settings: SinkhornSettings,
): void {
  const height = settings.rows === 'ranks' ? k : 1;
  y.fill(0);
  for (let row = 0; row < rows; row++) {
    const { positions, sure, transport } = problem(x, row, n, k, settings);
    sure.forEach((i, r) => {
      y[(row * height + Math.min(r, height - 1)) * n + i] = 1;
    });
    errors[row] = 0;
    if (transport === undefined) continue;
    const { plan, marginalError } = sinkhornPlan(transport);
    const count = positions.length;
    const m = transport.anchors.length;
    errors[row] = count * marginalError;
    positions.forEach((i, at) => {
      for (let j = 1; j < m; j++) y[(row * height + height - j) * n + i] = count * plan[at * m + j]!;
    });
  }
}

/** dx [rows, n] for the cotangent dy in the shape of `sinkhorn`'s y. Infinite scores get 0. */
export function sinkhornGrad(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  dx: Floats,
  rows: number,
  n: number,
  k: number,
  settings: SinkhornSettings,
): void {
  const height = settings.rows === 'ranks' ? k : 1;
  dx.fill(0);
  for (let row = 0; row < rows; row++) {
    const { positions, transport } = problem(x, row, n, k, settings);
    if (transport === undefined) continue;
    const count = positions.length;
    const m = transport.anchors.length;
    const grad = new Float64Array(count * m);
    positions.forEach((i, at) => {
      for (let j = 1; j < m; j++) grad[at * m + j] = count * dy[(row * height + height - j) * n + i]!;
    });
    const gradient = planGradient(transport, sinkhornPlan(transport), grad, settings);
    positions.forEach((i, at) => {
      dx[row * n + i] = gradient[at]!;
    });
  }
}

function planGradient(
  transport: Transport,
  result: TransportPlan,
  grad: Float64Array,
  { gradient, tolerance }: SinkhornSettings,
): Float64Array {
  const converged = transport.x.length * result.marginalError < tolerance;
  const implicit = gradient === 'implicit' || (gradient === 'auto' && converged);
  return implicit ? implicitGradient(transport, result, grad) : unrolledGradient(transport, result, grad);
}
