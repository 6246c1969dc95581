/**
 * How much noise the chosen carry: E[sum of z_i over the k largest of x + sigma z]. With the mask it gives the expectation of
 * the k largest themselves, whose derivative by sigma it is. The integral and the dynamic programme are those of ./exact,
 * with the noise that was collected carried along.
 */
import { nodeCount } from './exact-plan.js';
import { type NoiseKind, tail } from './noise.js';

type Numbers = { readonly length: number; [i: number]: number };

/** The mean of a standard Gumbel variable. */
const EULER_GAMMA = 0.5772156649015329;

/** E[z 1{z > u}]. */
function noiseAbove(kind: NoiseKind, u: number): number {
  const { below, above, density } = tail(kind, u);
  if (kind === 'normal') return density;
  // By parts: u P(z > u) and the integral of P(z > .), which is Ein(w) = gamma + ln w + E1(w) for w = e^-u.
  if (above === 0) return 0; // also for u = Infinity
  if (u < -3) return EULER_GAMMA - (below === 0 ? 0 : u * below); // E1(w) < 1e-10; also for u = -Infinity
  const w = Math.exp(-u);
  let sum = 0;
  let power = 1;
  for (let j = 1; j <= 80; j++) {
    power *= -w / j;
    sum -= power / j;
  }
  return u * above + sum;
}

/** For active scores [rows, m] and their plan [rows, 3], as ./exact takes them: total [rows], in sigma. */
export function exactNoise(
  scores: Numbers,
  sigma: Numbers,
  plan: Numbers,
  total: Numbers,
  rows: number,
  m: number,
  k: number,
  gumbel: boolean,
): void {
  const kind = gumbel ? 'gumbel' : 'normal';
  for (let row = 0; row < rows; row++) {
    const [reference, low, high] = [plan[row * 3], plan[row * 3 + 1], plan[row * 3 + 2]] as [number, number, number];
    // A hard choice does not look at the noise.
    let sum = low === high && gumbel ? k * EULER_GAMMA : 0;
    const nodes = low === high ? 0 : nodeCount(high - low);
    const width = (high - low) / nodes;
    for (let j = 0; j < nodes; j++) {
      const t = low + (j + 0.5) * width;
      const below = (i: number): number => t - ((scores[row * m + i] as number) - reference) / (sigma[row] as number);
      sum +=
        width *
        collected(
          Array.from({ length: m }, (_, i) => below(i)),
          k,
          kind,
        );
    }
    total[row] = sum;
  }
}

/** The weight, times the noise collected, of all ways to select k elements of which one is the threshold, at one threshold. */
function collected(distances: readonly number[], k: number, kind: NoiseKind): number {
  // By the number of selected elements: weight and collected noise, without the threshold element and with it.
  const [a0, a1, w0, w1] = [0, 0, 0, 0].map(() => new Float64Array(k + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  a0[0] = 1;
  for (const u of distances) {
    const { below: q, above: p, density: f } = tail(kind, u);
    const z = noiseAbove(kind, u);
    const fu = f === 0 ? 0 : f * u; // u may be infinite
    for (let c = k; c > 0; c--) {
      w1[c] = q * w1[c]! + p * w1[c - 1]! + z * a1[c - 1]! + f * w0[c - 1]! + fu * a0[c - 1]!;
      w0[c] = q * w0[c]! + p * w0[c - 1]! + z * a0[c - 1]!;
      a1[c] = q * a1[c]! + p * a1[c - 1]! + f * a0[c - 1]!;
      a0[c] = q * a0[c]! + p * a0[c - 1]!;
    }
    a0[0] = q * a0[0]!;
  }
  return w1[k]!;
}
