/** What the paper proves of Mem-SGD: Theorem 2.4 (convergence), its admissible shifts, and the bound on the memory of Lemma 3.2. */
import { checkOptions, OptionError, quote, requireAbove, requireCount, requireFrom } from '@saccade/tensor';

/** A k-contraction of vectors with d entries; all constants depend on it by d/k. */
export interface TheoryCompression {
  /** Number of parameters. */
  readonly d: number;
  /** Entries that are sent each step, 0 < k <= d; below 1 for ultra-sparsification. */
  readonly k: number;
  /** Free parameter of the proof, above 4. Default: 5. */
  readonly alpha?: number | undefined;
}

/** What {@link memoryBound} needs to know. */
export interface MemoryBoundOptions extends TheoryCompression {
  /** f is mu-strongly convex. */
  readonly mu: number;
  /** Bound of the gradients: E||grad f_i(x)||^2 <= G^2. */
  readonly G: number;
  /** Shift of the steps, at least `theory.minimalShift`. Default: `theory.shift`. */
  readonly a?: number | undefined;
}

/** What {@link bound} needs to know beside the number of steps. */
export interface BoundOptions extends MemoryBoundOptions {
  /** Each f_i is L-smooth; at least mu. */
  readonly L: number;
  /** ||x_0 - x*||. */
  readonly distance: number;
}

const compressionNames = ['d', 'k', 'alpha'] as const;
const memoryNames = [...compressionNames, 'mu', 'G', 'a'] as const;

function requireAlpha(op: string, alpha: number): number {
  return requireAbove(op, 'alpha', alpha, 4);
}

/** d/k. */
function ratio(op: string, { d, k }: TheoryCompression): number {
  requireCount(op, 'd', d);
  if (requireAbove(op, 'k', k) > d) throw new OptionError(`${op}: k must be at most d = ${d}, got ${quote(k)}`);
  return d / k;
}

/** 4 alpha / (alpha - 4): how much the memory costs. */
function memoryFactor(alpha: number): number {
  return (4 * alpha) / (alpha - 4);
}

/** rho = 4 alpha / ((alpha - 4) (alpha + 1)^2), for alpha above 4. @throws {OptionError} */
export function rho(alpha: number): number {
  requireAlpha('theory.rho', alpha);
  return memoryFactor(alpha) / (alpha + 1) ** 2;
}

/** The shift that always suffices: a = (alpha + 2) d/k, 7 d/k unless told. @throws {OptionError} */
export function shift(compression: TheoryCompression): number {
  const op = 'theory.shift';
  const { alpha = 5 } = checkOptions(op, compression, compressionNames);
  return (requireAlpha(op, alpha) + 2) * ratio(op, compression);
}

/** The smallest shift that the theorem admits: a = ((alpha + 1) d/k + rho) / (rho + 1). @throws {OptionError} */
export function minimalShift(compression: TheoryCompression): number {
  const op = 'theory.minimalShift';
  const { alpha = 5 } = checkOptions(op, compression, compressionNames);
  requireAlpha(op, alpha);
  return ((alpha + 1) * ratio(op, compression) + rho(alpha)) / (rho(alpha) + 1);
}

/** Weight of step t, from 0, in the average: w_t = (a + t)^2. @throws {OptionError} */
export function weight(t: number, a: number): number {
  requireCount('theory.weight', 't', t, 0);
  return (requireAbove('theory.weight', 'a', a, 1) + t) ** 2;
}

/** Sum of the first T weights: S_T = T/6 (2 T^2 + 6 a T - 3 T + 6 a^2 - 6 a + 1), at least T^3 / 3. @throws {OptionError} */
export function weightSum(T: number, a: number): number {
  requireCount('theory.weightSum', 'T', T, 0);
  requireAbove('theory.weightSum', 'a', a, 1);
  return (T / 6) * (2 * T ** 2 + 6 * a * T - 3 * T + 6 * a ** 2 - 6 * a + 1);
}

/** Learning rate of step t, from 0: eta_t = 8 / (mu (a + t)). @throws {OptionError} */
export function rate(t: number, options: { readonly mu: number; readonly a: number }): number {
  const { mu, a } = checkOptions('theory.rate', options, ['mu', 'a']);
  requireCount('theory.rate', 't', t, 0);
  return 8 / (requireAbove('theory.rate', 'mu', mu) * (requireAbove('theory.rate', 'a', a, 1) + t));
}

/** The shift that was asked for, or the one that always suffices. @throws {OptionError} for one that the theorem does not admit */
function admissibleShift(op: string, { d, k, alpha = 5, a }: MemoryBoundOptions): number {
  const least = minimalShift({ d, k, alpha });
  if (a === undefined) return shift({ d, k, alpha });
  if (Number.isFinite(a) && a >= least && a > 1) return a;
  throw new OptionError(`${op}: a must be at least ${least} (theory.minimalShift), got ${quote(a)}`);
}

/**
 * Bound on the memory after t steps (Lemma 3.2): E||m_t||^2 <= eta_t^2 4 alpha / (alpha - 4) d^2/k^2 G^2.
 * @throws {OptionError} for numbers out of range and a shift that is too small
 */
export function memoryBound(t: number, options: MemoryBoundOptions): number {
  const op = 'theory.memoryBound';
  const { mu, G, alpha = 5 } = checkOptions(op, options, memoryNames);
  const a = admissibleShift(op, options);
  requireAbove(op, 'mu', mu);
  requireFrom(op, 'G', G);
  return rate(t, { mu, a }) ** 2 * memoryFactor(alpha) * (ratio(op, options) * G) ** 2;
}

/**
 * Right-hand side of Theorem 2.4, for the average of T steps with weights (a + t)^2:
 * E f(xbar) - f* <= 4 T (T + 2a) / (mu S_T) G^2 + mu a^3 / (8 S_T) ||x_0 - x*||^2
 * + 64 T (1 + 2 L/mu) / (mu S_T) 4 alpha / (alpha - 4) d^2/k^2 G^2.
 * @param options `T`: number of steps, from 1
 * @throws {OptionError} for numbers out of range, L below mu and a shift that is too small
 */
export function bound(options: BoundOptions & { readonly T: number }): number {
  const op = 'theory.bound';
  const { mu, L, G, distance, T, alpha = 5 } = checkOptions(op, options, [...memoryNames, 'L', 'distance', 'T']);
  const a = admissibleShift(op, options);
  requireCount(op, 'T', T);
  requireAbove(op, 'mu', mu);
  requireFrom(op, 'L', L, mu);
  requireFrom(op, 'G', G);
  requireFrom(op, 'distance', distance);
  const S = weightSum(T, a);
  const memory = memoryFactor(alpha) * (ratio(op, options) * G) ** 2;
  return (
    ((4 * T * (T + 2 * a)) / (mu * S)) * G ** 2 +
    ((mu * a ** 3) / (8 * S)) * distance ** 2 +
    ((64 * T * (1 + (2 * L) / mu)) / (mu * S)) * memory
  );
}
