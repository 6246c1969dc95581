/** The noise that perturbs scores: its distribution function, density, and what a gradient needs of them. Everything in units of sigma. */

/** Standard normal or standard Gumbel. */
export type NoiseKind = 'normal' | 'gumbel';

/** What one element contributes at a threshold. */
export interface Tail {
  /** Probability to stay below. */
  readonly below: number;
  /** Probability to exceed. */
  readonly above: number;
  /** Density at the threshold. */
  readonly density: number;
  /** Derivative of the density by the element's score. */
  readonly slope: number;
}

/**
 * erfcx(u / sqrt 2) / 2 = (1 - Phi(u)) / exp(-u^2 / 2) for u >= 0, as t times a polynomial in 2t - 1, t = 2 / (2 + u / sqrt 2);
 * relative error below 4e-14. The assembly has the same numbers.
 */
const ratio = [
  0.25539567631050575, 0.17179017110362227, 0.06986802313904493, 0.00911055786420572, -0.005377665474628404,
  -0.001619795992782505, 0.0007726530617654515, 0.00020932123618385643, -0.0001657688115120059, -8.57719620939985e-6,
  3.611980218729155e-5, -8.591060981857594e-6, -5.429696430966245e-6, 4.148620710955418e-6, -2.7399518962130604e-7,
  -1.080530952719464e-6, 5.001290609594173e-7, 1.562740679179513e-7, -1.5658740168106443e-7, -8.261328840435289e-9,
  2.0066070396056845e-8,
] as const;

const rootHalf = Math.SQRT1_2;
const densityAtZero = 1 / Math.sqrt(2 * Math.PI);

function normalTail(u: number): Tail {
  const bell = Math.exp(-0.5 * u * u);
  const t = 2 / (2 + Math.abs(u) * rootHalf);
  let p = 0;
  for (let i = ratio.length - 1; i >= 0; i--) p = p * (2 * t - 1) + (ratio[i] as number);
  // The small one of the two is computed, so that neither loses digits.
  const small = Math.abs(u) === Infinity ? 0 : bell * t * p;
  const density = densityAtZero * bell;
  const slope = bell === 0 ? 0 : u * density;
  return u >= 0
    ? { below: 1 - small, above: small, density, slope }
    : { below: small, above: 1 - small, density, slope };
}

function gumbelTail(u: number): Tail {
  const w = Math.exp(-u);
  const below = Math.exp(-w);
  const density = below === 0 ? 0 : w * below;
  return { below, above: -Math.expm1(-w), density, slope: density === 0 ? 0 : density * (1 - w) };
}

/** The tail of one element whose score lies `u` sigma below the threshold (above it, if negative). */
export function tail(kind: NoiseKind, u: number): Tail {
  return kind === 'normal' ? normalTail(u) : gumbelTail(u);
}
