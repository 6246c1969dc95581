/** Giving a feedback what it remembers, by name. */
import { OptionError, ShapeError } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import type { FeedbackState } from './feedback.js';

/** All pairs of own and given vectors, checked before any is changed. */
function pairs(op: string, own: FeedbackState, given: FeedbackState): readonly (readonly [Vector, Vector])[] {
  return Object.entries(given).map(([name, vector]) => {
    const target = own[name];
    if (target === undefined) {
      const known = Object.keys(own).join(', ') || 'nothing';
      throw new OptionError(`${op}: '${name}' is not remembered here; there is ${known}`);
    }
    if (target.length !== vector.length) {
      throw new ShapeError(`${op}: '${name}' must have ${target.length} entries, got ${vector.length}`);
    }
    return [target, vector] as const;
  });
}

/** own += given. @throws {OptionError} for a name that is not remembered @throws {ShapeError} for another length */
export function addState(op: string, own: FeedbackState, given: FeedbackState): void {
  for (const [target, vector] of pairs(op, own, given)) {
    for (let i = 0; i < target.length; i++) target[i] = target[i]! + vector[i]!;
  }
}

/** own = given. @throws {OptionError} for a name that is not remembered @throws {ShapeError} for another length */
export function setState(op: string, own: FeedbackState, given: FeedbackState): void {
  for (const [target, vector] of pairs(op, own, given)) target.set(vector);
}
