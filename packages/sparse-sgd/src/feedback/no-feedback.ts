/** Compression without memory: what a message leaves out is lost. */
import { checkOptions, requireCount } from '@saccade/tensor';
import type { Compressor } from '../compress/compressor.js';
import { checkGradient } from './check-gradient.js';
import type { Feedback, Gathered } from './feedback.js';
import { meanInto } from './mean-message.js';
import { newVector, type Precision } from './precision.js';
import { addState, setState } from './remembered.js';

/** Options of `noFeedback`. */
export interface NoFeedbackOptions {
  /** Of the direction. Default 'float32'. */
  readonly precision?: Precision | undefined;
}

/**
 * x -= gamma mean_w C(g_w): what unbiased compressors need (QSGD, natural compression), and plain synchronous SGD with the compressor `none`. A
 * gradient that comes too late for its round is lost. @throws {OptionError}
 */
export function noFeedback(compressor: Compressor, length: number, options: NoFeedbackOptions = {}): Feedback {
  const { precision = 'float32' } = checkOptions('noFeedback', options, ['precision']);
  requireCount('noFeedback', 'length', length);
  const direction = newVector('noFeedback', precision, length);
  const mean = ({ messages }: Gathered) => meanInto(messages, direction);
  return {
    lengths: [length],
    state: {},
    shared: {},
    async reduce(gradient, turn, gather) {
      checkGradient('noFeedback', gradient, length, turn.step);
      return mean(await gather(compressor.compress(gradient, turn.rng, turn)));
    },
    absorb: ([gathered]) => mean(gathered!),
    restore: (state) => addState('noFeedback', {}, state),
    adopt: (shared) => setState('noFeedback', {}, shared),
  };
}
