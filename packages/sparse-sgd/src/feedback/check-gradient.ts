/** What a gradient must be before anything is done with it: one bad value in a memory would be there forever. */
import { NonFiniteError } from '@saccade/nn';
import { OptionError, quote, ShapeError } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';

/** Whether there is no NaN and no infinity. */
export function isFiniteVector(vector: Vector): boolean {
  let zero = 0;
  for (let i = 0; i < vector.length; i++) zero += 0 * vector[i]!; // 0 times anything else is NaN; no branch, so it is fast
  return zero === 0;
}

/** @throws {OptionError} unless it is a vector @throws {ShapeError} for another length @throws {NonFiniteError} for NaN and infinity */
export function checkGradient(op: string, gradient: Vector, length: number, step: number): void {
  if (!(gradient instanceof Float32Array || gradient instanceof Float64Array)) {
    throw new OptionError(`${op}: a gradient must be a Float32Array or Float64Array, got ${quote(gradient)}`);
  }
  if (gradient.length !== length) {
    throw new ShapeError(`${op}: the gradient must have ${length} entries, got ${gradient.length}`);
  }
  if (isFiniteVector(gradient)) return;
  const at = gradient.findIndex((value) => !Number.isFinite(value));
  throw new NonFiniteError(
    `${op}: entry ${at} of the gradient of step ${step} is ${gradient[at]}; nothing was sent, and what is remembered is as before`,
    step,
    undefined,
  );
}
