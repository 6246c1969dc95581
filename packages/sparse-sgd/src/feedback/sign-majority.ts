/** signSGD with majority vote: workers send signs only, and the direction is what most of them say. */
import { checkOptions, requireCount } from '@saccade/tensor';
import { majoritySign, signs } from '../compress/majority-sign.js';
import type { SignsMessage } from '../compress/message.js';
import { checkGradient } from './check-gradient.js';
import type { Feedback, Gathered } from './feedback.js';
import { newVector, type Precision } from './precision.js';
import { addState, setState } from './remembered.js';

/** Options of `signMajority`. */
export interface SignMajorityOptions {
  /** Of the direction. Default 'float32'. */
  readonly precision?: Precision | undefined;
}

/**
 * x -= gamma sign(sum_w sign(g_w)), sign(0) = +1 (Bernstein, Wang, Azizzadenesheli, Anandkumar 2018). Nothing is remembered.
 * `errorFeedback` of the scaled sign converges where this does not. @throws {OptionError}
 */
export function signMajority(length: number, options: SignMajorityOptions = {}): Feedback {
  const { precision = 'float32' } = checkOptions('signMajority', options, ['precision']);
  requireCount('signMajority', 'length', length);
  const vote = ({ messages }: Gathered) => {
    const direction = newVector('signMajority', precision, length);
    const votes = messages.filter((message): message is SignsMessage => message.kind === 'signs');
    if (votes.length > 0) direction.set(majoritySign(votes));
    return direction;
  };
  vote({ messages: [], own: undefined, changed: false });
  return {
    lengths: [length],
    state: {},
    shared: {},
    async reduce(gradient, turn, gather) {
      checkGradient('signMajority', gradient, length, turn.step);
      return vote(await gather(signs(gradient)));
    },
    absorb: ([gathered]) => vote(gathered!),
    restore: (state) => addState('signMajority', {}, state),
    adopt: (shared) => setState('signMajority', {}, shared),
  };
}
