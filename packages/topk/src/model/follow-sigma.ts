/** The noise of a selector along a schedule, step by step. */
import type { Schedule, StepEvent } from '@saccade/nn';
import { isTensor, OptionError, quote, requireFunction } from '@saccade/tensor';
import { PatchSelector } from './patch-selector.js';

/**
 * Lets the sigma of a selector follow a schedule such as `linearSigma({ steps })`: a function to pass to `fit` as `onStep`, or to call from there. It sets what
 * the next step uses; as it is a buffer of the model, a check point holds it, and a run that goes on from one needs nothing more.
 * @throws {OptionError} unless the selector's sigma is a number above 0
 */
export function followSigma(
  selector: PatchSelector,
  schedule: Schedule,
): (event: Pick<StepEvent, 'epoch' | 'step' | 'steps'>) => void {
  const op = 'followSigma';
  if (!(selector instanceof PatchSelector))
    throw new OptionError(`${op}: expected a PatchSelector, got ${quote(selector)}`);
  requireFunction(op, schedule);
  const { sigma = 0.05 } = selector.config.selection;
  if (isTensor(sigma) || !(sigma > 0)) {
    throw new OptionError(`${op}: the selector's sigma must be a number above 0, got ${quote(sigma)}`);
  }
  const set = (done: number): void => {
    selector.sigmaMultiplier = schedule(done) / sigma;
  };
  set(0);
  return ({ epoch, step, steps }) => set(epoch * steps + step);
}
