/** Which mean of the iterates is the estimate: est += r_t (x_{t+1} - est), with the weight r_t of each step. */
import { OptionError, quote, requireAbove, requireCount } from '@saccade/tensor';

/**
 * The last iterate; the mean of all; means in which step t, from 0, counts t + tau or (t + tau)^2. Theorem 2.4 is about the last kind, with tau = a.
 * (The paper's average has x_t where this one, as the released code, has x_{t+1}.)
 */
export type Average = 'final' | 'mean' | 't+tau' | '(t+tau)^2';

/** All kinds of averages. */
export const averages: readonly Average[] = ['final', 'mean', 't+tau', '(t+tau)^2'];

/** @throws {OptionError} unless it is a kind of average, and tau, where it has one, is above 0 */
export function requireAverage(op: string, average: Average, tau: number | undefined): void {
  if (!averages.includes(average)) {
    throw new OptionError(`${op}: the average must be one of ${averages.join(', ')}, got ${quote(average)}`);
  }
  if (average === 't+tau' || average === '(t+tau)^2') requireAbove(op, `tau of ${average}`, tau as number);
}

/** r_t for checked arguments. */
export function weightOf(average: Average, t: number, tau: number): number {
  switch (average) {
    case 'final':
      return 1;
    case 'mean':
      return 1 / (t + 1);
    case 't+tau':
      return (2 * (t + tau)) / ((1 + t) * (t + 2 * tau));
    case '(t+tau)^2':
      return (6 * (t + tau) ** 2) / ((1 + t) * (6 * tau ** 2 + t + 6 * tau * t + 2 * t ** 2));
  }
}

/**
 * The weight r_t with which the iterate after step t, from 0, enters the running estimate; 1 at step 0.
 *
 * @param tau of the kinds that have one, above 0
 * @throws {OptionError}
 */
export function averageWeight(average: Average, t: number, tau?: number): number {
  requireAverage('averageWeight', average, tau);
  requireCount('averageWeight', 't', t, 0);
  return weightOf(average, t, tau ?? 0);
}

/** What step t weighs, not yet divided by the sum of all weights so far. */
export function termOf(average: Average, t: number, tau: number): number {
  return average === 'mean' ? 1 : average === 't+tau' ? t + tau : average === '(t+tau)^2' ? (t + tau) ** 2 : 0;
}

/** The sum of the weights of the first `count` steps. */
export function termSum(average: Average, count: number, tau: number): number {
  return termOf(average, count - 1, tau) / weightOf(average, count - 1, tau);
}
