/** Checks that something is a message: of its kind only, as its parts are checked where they are used. */
import { OptionError, quote } from '@saccade/tensor';
import type { Message } from './message.js';

const kinds: ReadonlySet<unknown> = new Set<Message['kind']>([
  'sparse',
  'seeded',
  'dense',
  'levels',
  'signs',
  'powers',
  'factor',
]);

/** @throws {OptionError} unless it is an object of a kind that there is */
export function requireMessage(op: string, message: Message): Message {
  if (typeof message !== 'object' || message === null) {
    throw new OptionError(`${op}: expected a message, got ${quote(message)}`);
  }
  if (kinds.has(message.kind)) return message;
  throw new OptionError(`${op}: there is no kind of messages ${quote(message.kind)}`);
}
