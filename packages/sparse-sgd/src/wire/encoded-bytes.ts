/** How many bytes messages take, without making them. */
import { requireMessage } from '../compress/check-message.js';
import type { Message } from '../compress/message.js';
import { varintBytes } from './byte-writer.js';
import { EncodeContext, type EncodeOptions } from './encode-options.js';
import { codecOf, longRank, shortFrame } from './frame.js';
import { singlesAt, singlesBytes } from './singles-codec.js';

function isList(messages: Message | readonly Message[]): messages is readonly Message[] {
  return Array.isArray(messages);
}

/**
 * How many bytes `encode` makes of these messages, or of one. The parts of messages and the options are trusted. Messages of one entry take next to no time.
 * @throws {OptionError} for indices that do not ascend, and for a message of a kind that there is not
 */
export function encodedBytes(messages: Message | readonly Message[], options: EncodeOptions = {}): number {
  const { step = 0, rank = 0 } = options;
  let bytes = 2 + varintBytes(step) + (rank >= longRank ? varintBytes(rank - longRank) : 0);
  const context = new EncodeContext(options);
  if (isList(messages)) {
    if (messages.length !== 1) bytes += varintBytes(messages.length);
    while (context.position < messages.length) {
      const run = singlesAt(messages, context);
      bytes += run.length > 1 ? singlesBytes(run, context) : bytesOf(messages[context.position]!, context);
      context.position += Math.max(1, run.length);
    }
  } else bytes += bytesOf(messages, context);
  return bytes + (bytes < shortFrame ? 2 : 4);
}

function bytesOf(message: Message, context: EncodeContext): number {
  return codecOf(requireMessage('encodedBytes', message).kind).bytes(message, context);
}
