/** How many bits small signed whole numbers, many of them 0, take in each code, and which code is the shortest. */
import { type EliasCode, eliasDelta, eliasGamma, eliasOmega } from './elias.js';

/**
 * Ways to write numbers from -most to most. `packed`: as many bits for each as 2 most + 1 numbers need. `rice`: the magnitude in
 * Golomb-Rice, whose unary part ends by itself at its largest value, and the sign unless it is 0. The others: for each number that is not 0
 * how many zeros are before it, its sign, and its magnitude unless most is 1: Elias gamma, delta and omega (QSGD's own code), or
 * Golomb-Rice for zeros and gamma for magnitudes.
 */
export const signedCodes = ['packed', 'rice', 'gamma', 'delta', 'omega', 'rice-runs'] as const;

/** One of `signedCodes`. */
export type SignedCode = (typeof signedCodes)[number];

/** How the numbers are written: the code, its size, the parameter of those with Golomb-Rice, else 0, how many numbers are not 0. */
export interface SignedPlan {
  readonly code: SignedCode;
  readonly bits: number;
  readonly parameter: number;
  readonly nonZeros: number;
}

/** Bits that say the parameter of a Golomb-Rice code; it is at most 15 for magnitudes, at most 31 for runs. */
export const signedParameterBits = { rice: 4, 'rice-runs': 5 } as const;

/** Codes of runs, and the code of a magnitude in each. */
export const runCodes: ReadonlyMap<SignedCode, EliasCode> = new Map([
  ['gamma', eliasGamma],
  ['delta', eliasDelta],
  ['omega', eliasOmega],
  ['rice-runs', eliasGamma],
]);

/** Bits of a number in `packed`. */
export function signedWidth(most: number): number {
  return most === 0 ? 0 : 32 - Math.clz32(2 * most);
}

/** How often each magnitude occurs. */
function magnitudeCounts(values: Int16Array, most: number): Int32Array {
  const counts = new Int32Array(most + 1);
  for (let i = 0; i < values.length; i++) counts[Math.abs(values[i]!)]!++;
  return counts;
}

function riceMagnitudes(counts: Int32Array): { bits: number; parameter: number } {
  const most = counts.length - 1;
  let best = { bits: Number.POSITIVE_INFINITY, parameter: 0 };
  for (let parameter = 0; parameter === 0 || 2 ** parameter <= most; parameter++) {
    const last = most >>> parameter;
    let bits = signedParameterBits.rice;
    for (let magnitude = 0; magnitude <= most; magnitude++) {
      const high = magnitude >>> parameter;
      bits += counts[magnitude]! * (Math.min(high + 1, last) + parameter + (magnitude > 0 ? 1 : 0));
    }
    if (bits < best.bits) best = { bits, parameter };
  }
  return best;
}

/** Bits of all runs of zeros before a number that is not 0, in each code. */
function runBits(values: Int16Array): { elias: Map<EliasCode, number>; bits: number; parameter: number } {
  let [gamma, delta, omega, runs] = [0, 0, 0, 0];
  // Entry b: the sum of floor(run / 2^b).
  const shifted = new Array<number>(31).fill(0);
  for (let i = 0, run = 0; i < values.length; i++) {
    if (values[i] === 0) {
      run++;
      continue;
    }
    gamma += eliasGamma.bits(run + 1);
    delta += eliasDelta.bits(run + 1);
    omega += eliasOmega.bits(run + 1);
    for (let b = 0, rest = run; rest > 0; b++, rest >>>= 1) shifted[b]! += rest;
    runs++;
    run = 0;
  }
  const rice = shifted.map((sum, b) => signedParameterBits['rice-runs'] + sum + runs * (b + 1));
  const parameter = rice.indexOf(Math.min(...rice));
  const elias = new Map([
    [eliasGamma, gamma],
    [eliasDelta, delta],
    [eliasOmega, omega],
  ]);
  return { elias, bits: rice[parameter]!, parameter };
}

/** The size in each code; numbers that are all 0 take none. @param most the largest magnitude */
export function signedPlans(values: Int16Array, most: number): readonly SignedPlan[] {
  const counts = magnitudeCounts(values, most);
  const nonZeros = values.length - counts[0]!;
  const packed: SignedPlan = { code: 'packed', bits: values.length * signedWidth(most), parameter: 0, nonZeros };
  if (most === 0) return [packed];
  const runs = runBits(values);
  const plans: SignedPlan[] = [packed, { code: 'rice', ...riceMagnitudes(counts), nonZeros }];
  for (const [code, elias] of runCodes) {
    const { bits, parameter } = code === 'rice-runs' ? runs : { bits: runs.elias.get(elias)!, parameter: 0 };
    let magnitudes = 0;
    if (most > 1) for (let m = 1; m <= most; m++) magnitudes += counts[m]! * elias.bits(m);
    plans.push({ code, bits: bits + nonZeros + magnitudes, parameter, nonZeros });
  }
  return plans;
}

/** The one that takes the fewest bytes. */
export function shortestSigned(plans: readonly SignedPlan[]): SignedPlan {
  return plans.reduce((best, plan) => (Math.ceil(plan.bits / 8) < Math.ceil(best.bits / 8) ? plan : best));
}
