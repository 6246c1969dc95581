/** How far floating point can be off: the classical bounds for sums, and how many roundings lie on the way through a layer. */

/** The numbers that bounds depend on. */
export interface Arithmetic {
  /** Half the distance of 1 and the next number: the largest part of a result by which one operation is off. */
  readonly unit: number;
  /** The same of the float64 in which convolutions are computed for comparison. */
  readonly double: number;
  /** The smallest normal number: errors of smaller results are parts of it. */
  readonly tiny: number;
  /** Beyond it all is infinite. */
  readonly largest: number;
}

const double = 2 ** -53;

/** Of each element type. */
export const arithmetics: Readonly<Record<'float32' | 'float64', Arithmetic>> = {
  float32: { unit: 2 ** -24, double, tiny: 2 ** -126, largest: (2 - 2 ** -23) * 2 ** 127 },
  float64: { unit: double, double, tiny: 2 ** -1022, largest: Number.MAX_VALUE },
};

/** The arithmetic of proofs. */
export const exact: Arithmetic = { unit: 0, double: 0, tiny: 0, largest: Number.POSITIVE_INFINITY };

/** So many roundings, one after another, change a sum by this part of the sum of its terms' sizes at most: n u / (1 - n u). */
export function afterRoundings(count: number, unit: number): number {
  const share = count * unit;
  return share < 1 ? share / (1 - share) : Number.POSITIVE_INFINITY;
}

/** What a layer adds up. */
export interface Sums {
  /** Summands of an output, at most. */
  readonly terms: number;
  readonly taps: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Of weights [taps, inputs, outputs]: those that are 0 add nothing, and are exact. Products of factors are never quite 0. */
export function sumsOf(weight: Float64Array, inputs: number, outputs: number, dense: boolean): Sums {
  const taps = weight.length / (inputs * outputs);
  if (dense) return { terms: taps * inputs, taps, inputs, outputs };
  const counts = new Float64Array(outputs);
  for (let i = 0; i < weight.length; i++) if (weight[i] !== 0) counts[i % outputs]! += 1;
  return { terms: counts.reduce((most, count) => Math.max(most, count), 0), taps, inputs, outputs };
}

/** How it does so. */
export interface Evaluated {
  /** Whether attention is computed as a convolution, as it is where next to nothing misses. Else its sums run over keys too. */
  readonly hard: boolean;
  /** Keys along all axes together. */
  readonly keys: number;
  /** Whether value maps are products of two. */
  readonly factored: boolean;
}

/**
 * Roundings between an output of attention and what goes into it: one for each summand, some for the weights themselves and the bias; with soft heads also those of
 * each axis' mixture, where the last one sums over all heads at once, of the softmax and of what a sink leaves.
 */
export function attentionRoundings(
  { terms, taps, inputs, outputs }: Sums,
  { hard, keys, factored }: Evaluated,
): number {
  return terms + (factored ? inputs + outputs : 0) + (hard ? 4 : (taps + 2) * keys + 32);
}

/** The part of its terms' sizes by which a convolution is off that is summed in float64 and then kept in another type. */
export function convolutionRounding({ terms }: Pick<Sums, 'terms'>, { unit, double: own }: Arithmetic): number {
  return unit + afterRoundings(terms + 2, own);
}
