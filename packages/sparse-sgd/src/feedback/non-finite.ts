/** What becomes of a gradient with NaN or infinity in it. */
import { OptionError, quote } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';

/**
 * 'throw': an error, before anything is sent. 'skip': the worker sits the turn out, as if it had been too late; its memory stays, and the mean is
 * that of the others. 'zero': the bad entries count 0.
 */
export type NonFinitePolicy = 'throw' | 'skip' | 'zero';

/** @throws {OptionError} for another policy */
export function requirePolicy(op: string, policy: NonFinitePolicy): void {
  if (policy === 'throw' || policy === 'skip' || policy === 'zero') return;
  throw new OptionError(`${op}: onNonFinite must be 'throw', 'skip' or 'zero', got ${quote(policy)}`);
}

/** A gradient with bad entries as the policy wants it: undefined to skip it; as it is under 'throw', which is left to those that take it. */
export function withoutNonFinite(gradient: Vector, policy: NonFinitePolicy): Vector | undefined {
  if (policy === 'skip') return undefined;
  return policy === 'zero' ? gradient.map((value) => (Number.isFinite(value) ? value : 0)) : gradient;
}
