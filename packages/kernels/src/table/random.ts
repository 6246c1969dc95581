/** Random numbers from the counter-based generator Philox4x32-10: the same bits on every device and thread count. */

/** A place in a stream: two 32-bit key words and the number of the first 4-word block. */
export interface PhiloxState {
  readonly key0: number;
  readonly key1: number;
  /** Blocks already used, a whole number below 2^53. */
  readonly block: number;
}

/**
 * How words become numbers. Element i uses block `block + floor(i / 4)`, word i mod 4 (normal: words pairwise).
 * - `bits`: the word itself, into int32.
 * - `uniform`: (word >>> 8) 2^-24 in [0, 1), then low + u (high - low) in float32 steps.
 * - `normal`: Box-Muller on the pair (even, odd word), in float64 from + - * / and sqrt alone, so that all devices agree
 *   bit for bit: radius from (even word + 0.5) 2^-32, angle 2 pi (odd word) 2^-32, cosine first; then mean a plus
 *   deviation b times that, within 1e-10 of b times its size, rounded to float32.
 * - `gumbel`: -log(-log(u)) with u = ((word >>> 8) + 0.5) 2^-24, location a, scale b, in float64 likewise; before the
 *   rounding, within 1e-11 of b times the larger of 1 and its size.
 * - `bernoulli`: uniform < a, into bool.
 * - `integer`: a + floor(word (b - a) / 2^32), into int32, a <= x < b.
 */
export type Distribution = 'bits' | 'uniform' | 'normal' | 'gumbel' | 'bernoulli' | 'integer';

export interface RandomKernels<B> {
  /** Fills `out` (its type follows the distribution; float64 of a float distribution holds the float32 values). */
  random(distribution: Distribution, out: B, state: PhiloxState, a: number, b: number): void;
}
