/** EF21: workers send how their gradients changed, not what was left out. */
import { checkOptions, OptionError, requireCount } from '@saccade/tensor';
import { applyMessage } from '../compress/apply-message.js';
import type { Compressor } from '../compress/compressor.js';
import { checkGradient } from './check-gradient.js';
import type { Feedback, Gathered } from './feedback.js';
import { addMean } from './mean-message.js';
import { newVector, type Precision } from './precision.js';
import { addState, setState } from './remembered.js';

/** Options of `ef21`. */
export interface EF21Options {
  /** Of what is remembered. Default 'float32'. */
  readonly precision?: Precision | undefined;
}

/**
 * EF21 (Richtarik, Sokolov, Fatkhullin 2021): each worker keeps an estimate g_w of its gradient that everybody knows, and sends the compressed
 * difference. The first turn sends C(gradient).
 *
 * The mean of the estimates belongs to one set of workers. Where another set took part in a turn, all begin anew in the next:
 * the estimate of a worker that left would stay in the mean for good.
 * @throws {OptionError} for a compressor that claims no contraction: EF21 diverges with such
 */
export function ef21(compressor: Compressor, length: number, options: EF21Options = {}): Feedback {
  const op = 'ef21';
  const { precision = 'float32' } = checkOptions(op, options, ['precision']);
  requireCount(op, 'length', length);
  if (compressor.contraction(length) === undefined) {
    throw new OptionError(`${op}: needs a compressor that is a contraction, such as top-k:1%, got ${compressor.name}`);
  }
  const estimate = newVector(op, precision, length);
  const mean = newVector(op, precision, length);
  const change = newVector(op, precision, length); // and then the direction

  /** g += mean_w c_w, which is the mean of the new g_w. */
  function move({ messages, changed }: Gathered) {
    change.set(addMean(messages, mean));
    if (changed) {
      estimate.fill(0);
      mean.fill(0);
    }
    return change;
  }

  return {
    lengths: [length],
    state: { estimate },
    shared: { mean },
    async reduce(gradient, turn, gather) {
      checkGradient(op, gradient, length, turn.step);
      for (let i = 0; i < length; i++) change[i] = gradient[i]! - estimate[i]!;
      const message = compressor.compress(change, turn.rng, turn); //     c_w = C(gradient_w - g_w)
      const gathered = await gather(message);
      if (gathered.own !== undefined) applyMessage(gathered.own, estimate); //          g_w += c_w
      return move(gathered); //                                           x -= gamma mean_w g_w
    },
    absorb: ([gathered]) => move(gathered!),
    restore: (state) => addState(op, { estimate }, state),
    adopt: (shared) => setState(op, { mean }, shared),
  };
}
