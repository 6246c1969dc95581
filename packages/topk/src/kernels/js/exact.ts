/**
 * The perturbed top-k in the limit of infinitely many samples: Y[r, i] is the probability that element i is the r-th, by
 * position, of the k largest of x + sigma z. An integral over the threshold t, the k-th largest value, of a dynamic programme that
 * scans the elements in order of position with the state (c, e): c are selected so far, e says whether the element that is
 * the threshold itself was met. All lengths are in sigma.
 */
import { nodeCount } from './exact-plan.js';
import { type NoiseKind, type Tail, tail } from './noise.js';

type Numbers = { readonly length: number; [i: number]: number };

/** Weights by (c, e), c in [0, k]. */
class States {
  readonly #k: number;
  readonly #values: Float64Array;

  constructor(k: number) {
    this.#k = k;
    this.#values = new Float64Array(2 * (k + 1));
  }

  at(c: number, e: 0 | 1): number {
    return c < 0 || c > this.#k ? 0 : (this.#values[2 * c + e] as number);
  }

  set(c: number, e: 0 | 1, value: number): void {
    this.#values[2 * c + e] = value;
  }
}

/** Fills new states for all c and e. */
function statesOf(k: number, value: (c: number, e: 0 | 1) => number): States {
  const states = new States(k);
  for (let c = 0; c <= k; c++) {
    states.set(c, 0, value(c, 0));
    states.set(c, 1, value(c, 1));
  }
  return states;
}

/** A_0 .. A_m: the weight of arriving in a state before element i. */
function arrivals(tails: readonly Tail[], k: number): States[] {
  const all = [statesOf(k, (c, e) => (c === 0 && e === 0 ? 1 : 0))];
  for (const [i, { below: q, above: p, density: f }] of tails.entries()) {
    const a = all[i] as States;
    all.push(statesOf(k, (c, e) => q * a.at(c, e) + p * a.at(c - 1, e) + (e === 1 ? f * a.at(c - 1, 0) : 0)));
  }
  return all;
}

/** B_0 .. B_m: the weight of ending with k selected and the threshold met, from a state before element i. */
function completions(tails: readonly Tail[], k: number): States[] {
  const all: States[] = [];
  all[tails.length] = statesOf(k, (c, e) => (c === k && e === 1 ? 1 : 0));
  for (let i = tails.length - 1; i >= 0; i--) {
    const { below: q, above: p, density: f } = tails[i] as Tail;
    const b = all[i + 1] as States;
    all[i] = statesOf(k, (c, e) => q * b.at(c, e) + p * b.at(c + 1, e) + (e === 0 ? f * b.at(c + 1, 1) : 0));
  }
  return all;
}

/** One row's thresholds; calls `node` with each and the width it stands for. */
function integrate(low: number, high: number, node: (threshold: number, width: number) => void): void {
  const nodes = nodeCount(high - low);
  const width = (high - low) / nodes;
  for (let j = 0; j < nodes; j++) node(low + (j + 0.5) * width, width);
}

/** One-hot rows of the k elements that are largest: those above the k-th, and of its equals the first. */
function hardRows(x: Numbers, at: number, m: number, k: number, reference: number, y: Numbers, yAt: number): void {
  let above = 0;
  for (let i = 0; i < m; i++) if ((x[at + i] as number) > reference) above += 1;
  let equals = k - above;
  let r = 0;
  for (let i = 0; i < m; i++) {
    const value = x[at + i] as number;
    if (value > reference || (value === reference && equals-- > 0)) y[yAt + r++ * m + i] = 1;
  }
}

function tailsOf(
  x: Numbers,
  at: number,
  m: number,
  reference: number,
  sigma: number,
  kind: NoiseKind,
  t: number,
): Tail[] {
  return Array.from({ length: m }, (_, i) => tail(kind, t - ((x[at + i] as number) - reference) / sigma));
}

/** Weights [rows, k, m] of the active scores [rows, m], ascending in position, by their plan [rows, 3]. */
export function exactForward(
  scores: Numbers,
  sigma: Numbers,
  plan: Numbers,
  weights: Numbers,
  rows: number,
  m: number,
  k: number,
  gumbel: boolean,
): void {
  for (let i = 0; i < rows * k * m; i++) weights[i] = 0;
  for (let row = 0; row < rows; row++) {
    const [reference, low, high] = [plan[row * 3], plan[row * 3 + 1], plan[row * 3 + 2]] as [number, number, number];
    if (low === high) {
      hardRows(scores, row * m, m, k, reference, weights, row * k * m);
      continue;
    }
    const y = new Float64Array(k * m);
    integrate(low, high, (t, h) => {
      const tails = tailsOf(scores, row * m, m, reference, sigma[row] as number, gumbel ? 'gumbel' : 'normal', t);
      const a = arrivals(tails, k);
      const b = completions(tails, k);
      for (const [i, { above: p, density: f }] of tails.entries()) {
        const [from, to] = [a[i], b[i + 1]] as [States, States];
        for (let r = 0; r < k; r++) {
          const selected = from.at(r, 0) * to.at(r + 1, 0) + from.at(r, 1) * to.at(r + 1, 1);
          y[r * m + i] = (y[r * m + i] as number) + h * (p * selected + f * from.at(r, 0) * to.at(r + 1, 1));
        }
      }
    });
    for (let i = 0; i < k * m; i++) weights[row * k * m + i] = y[i] as number;
  }
}

/** Gradients by the scores [rows, m] and by sigma [rows] of sum(weights * cotangent). Zero where the choice is the hard one. */
export function exactGrad(
  scores: Numbers,
  sigma: Numbers,
  plan: Numbers,
  cotangent: Numbers,
  gradScores: Numbers,
  gradSigma: Numbers,
  rows: number,
  m: number,
  k: number,
  gumbel: boolean,
): void {
  for (let row = 0; row < rows; row++) {
    const [reference, low, high] = [plan[row * 3], plan[row * 3 + 1], plan[row * 3 + 2]] as [number, number, number];
    const scale = sigma[row] as number;
    const total = new Float64Array(m);
    if (low !== high) {
      integrate(low, high, (t, h) => {
        const tails = tailsOf(scores, row * m, m, reference, scale, gumbel ? 'gumbel' : 'normal', t);
        rewardGradient(tails, k, (r, i) => cotangent[(row * k + r) * m + i] as number).forEach((value, i) => {
          total[i] = (total[i] as number) + h * value;
        });
      });
    }
    let bySigma = 0;
    for (let i = 0; i < m; i++) {
      const gradient = total[i] as number;
      gradScores[row * m + i] = gradient / scale || 0;
      // The weights depend on x / sigma alone.
      if (gradient !== 0) bySigma -= (((scores[row * m + i] as number) - reference) / scale) * (gradient / scale);
    }
    gradSigma[row] = bySigma;
  }
}

/** d/du_i of the reward sum(Y g) at one threshold: both recursions once more, carrying the reward that was collected. */
function rewardGradient(tails: readonly Tail[], k: number, g: (r: number, i: number) => number): number[] {
  const m = tails.length;
  const a = arrivals(tails, k);
  const b = completions(tails, k);
  const reward = (c: number, i: number): number => (c >= 0 && c < k ? g(c, i) : 0);
  // W_i: the reward collected before element i, weighted by arrival; R_i: that collected from i on, weighted by completion.
  const w: States[] = [new States(k)];
  for (const [i, { below: q, above: p, density: f }] of tails.entries()) {
    const [from, before] = [a[i], w[i]] as [States, States];
    const gain = (c: number, e: 0 | 1): number => before.at(c - 1, e) + reward(c - 1, i) * from.at(c - 1, e);
    w.push(statesOf(k, (c, e) => q * before.at(c, e) + p * gain(c, e) + (e === 1 ? f * gain(c, 0) : 0)));
  }
  const result: number[] = [];
  let r = new States(k);
  for (let i = m - 1; i >= 0; i--) {
    const { below: q, above: p, density: f, slope } = tails[i] as Tail;
    const [from, before, to, after] = [a[i], w[i], b[i + 1], r] as [States, States, States, States];
    const gain = (c: number, e: 0 | 1): number => after.at(c + 1, e) + reward(c, i) * to.at(c + 1, e);
    let [dq, dp, df] = [0, 0, 0];
    for (let c = 0; c <= k; c++) {
      for (const e of [0, 1] as const) {
        dq += from.at(c, e) * after.at(c, e) + before.at(c, e) * to.at(c, e);
        dp += from.at(c, e) * gain(c, e) + before.at(c, e) * to.at(c + 1, e);
      }
      df += from.at(c, 0) * gain(c, 1) + before.at(c, 0) * to.at(c + 1, 1);
    }
    result[i] = f * (dp - dq) + slope * df;
    r = statesOf(k, (c, e) => q * after.at(c, e) + p * gain(c, e) + (e === 0 ? f * gain(c, 1) : 0));
  }
  return result;
}
