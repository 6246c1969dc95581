/** signSGD with majority vote: workers send signs, and go where most of them point (Bernstein et al., 2018). */
import { OptionError, quote, ShapeError } from '@saccade/tensor';
import { requireMessage } from './check-message.js';
import { requireFiniteVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import type { SignsMessage, Vector } from './message.js';
import { signBits, signsMessage } from './sign-bits.js';

/**
 * sign(x) with sign(0) = 1.
 * @throws {OptionError} if an entry is NaN or infinite
 */
export function signs(vector: Vector): SignsMessage {
  requireFiniteVector('signs', vector);
  return signsMessage(vector, signBits(vector), -1, 1);
}

/**
 * The sign that most messages have, entry by entry; 1 for a tie. Only their bits count.
 * @throws {OptionError} if there is no message, and for messages of another kind
 * @throws {ShapeError} if their lengths differ
 */
export function majoritySign(messages: readonly SignsMessage[]): Float32Array {
  if (!Array.isArray(messages)) throw new OptionError(`majoritySign: expected a list, got ${quote(messages)}`);
  if (messages.length === 0) throw new OptionError('majoritySign: expected at least one message, got none');
  for (const message of messages) requireSigns(message);
  const { length } = messages[0]!;
  for (const message of messages) {
    if (message.length === length) continue;
    throw new ShapeError(`majoritySign: expected messages of length ${length}, got one of ${message.length}`);
  }
  const signs = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let negative = 0;
    for (const { bits } of messages) negative += (bits[i >>> 3]! >>> (i & 7)) & 1;
    signs[i] = 2 * negative > messages.length ? -1 : 1;
  }
  return signs;
}

function requireSigns(message: SignsMessage): void {
  const { kind } = requireMessage('majoritySign', message);
  if (kind !== 'signs') throw new OptionError(`majoritySign: expected messages of signs, got one of kind '${kind}'`);
}

/** Signs alone, for a majority vote. Neither unbiased nor a contraction. */
export function signsCompressor(): Compressor {
  return { name: 'majority', unbiased: false, contraction: () => undefined, compress: signs };
}
