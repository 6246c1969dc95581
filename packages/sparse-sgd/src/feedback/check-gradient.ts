/** What a gradient must be before anything is done with it: one bad value in a memory would be there forever. */
import { NonFiniteError } from '@saccade/nn';
import { OptionError, quote, ShapeError } from '@saccade/tensor';
import { isVector } from '../compress/check-vector.js';
import { firstNonFinite } from '../compress/first-non-finite.js';
import type { Vector } from '../compress/message.js';

/** @throws {OptionError} unless it is a vector @throws {ShapeError} for another length @throws {NonFiniteError} for NaN and infinity */
export function checkGradient(op: string, gradient: Vector, length: number, step: number): void {
  if (!isVector(gradient)) {
    throw new OptionError(`${op}: a gradient must be a Float32Array or Float64Array, got ${quote(gradient)}`);
  }
  if (gradient.length !== length) {
    throw new ShapeError(`${op}: the gradient must have ${length} entries, got ${gradient.length}`);
  }
  const at = firstNonFinite(gradient);
  if (at < 0) return;
  throw new NonFiniteError(
    `${op}: entry ${at} of the gradient of step ${step} is ${gradient[at]}; nothing was sent, and what is remembered is as before`,
    step,
    undefined,
  );
}
