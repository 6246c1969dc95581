/** The mean of messages: what all-reduce would have given. */
import { applyMessage } from '../compress/apply-message.js';
import type { Message, Vector } from '../compress/message.js';

/** Adds (1 / n) sum of n messages to a vector, in the order of ranks, so that every worker rounds alike. Of none: nothing. Returns the vector. */
export function addMean(messages: readonly Message[], target: Vector): Vector {
  for (const message of messages) applyMessage(message, target, 1 / messages.length);
  return target;
}

/** The same to zeros that take the place of what a vector held. */
export function meanInto(messages: readonly Message[], target: Vector): Vector {
  return addMean(messages, target.fill(0));
}
