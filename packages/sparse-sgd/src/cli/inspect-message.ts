/** What an encoded message holds. */
import { percent } from '@saccade/command';
import { quantity } from '@saccade/pictures';
import type { Message } from '../compress/message.js';
import { decode } from '../wire/decode.js';
import { encodedBytes } from '../wire/encoded-bytes.js';
import { messageBits } from '../wire/paper-bits.js';
import type { FileReport } from './file-report.js';

/** A message in few words. */
function describe(message: Message): string {
  switch (message.kind) {
    case 'sparse':
      return `${message.indices.length} entries of ${message.length}, ${message.valueType ?? 'float32'}`;
    case 'seeded':
      return `${message.values.length} entries of ${message.length} at positions of seed ${message.seed}`;
    case 'levels':
      return `${message.length} entries in ${message.s} levels of ${message.norms.length} norms`;
    case 'signs':
      return `${message.length} entries that are ${message.positive.toPrecision(4)} or ${message.negative.toPrecision(4)}`;
    case 'factor':
      return `a factor of rank ${message.rank}, ${message.length} entries`;
    default:
      return `${message.length} entries`;
  }
}

/** Decodes it. @param longest most entries that all vectors together may have @throws {FormatError} for anything but a sound frame */
export function inspectMessage(bytes: Uint8Array, longest: number): FileReport {
  const { step, rank, messages } = decode(bytes, { maxLength: longest, allowNonFinite: true });
  const entries = messages.reduce((sum, { length }) => sum + length, 0);
  const bits = messages.reduce((sum, message) => sum + messageBits(message), 0);
  const share = entries === 0 ? 1 : bytes.length / (4 * entries);
  return {
    kind: 'message',
    lines: [
      ['step', String(step)],
      ['worker', String(rank)],
      ['bytes', `${quantity(bytes.length, 'B')}, ${percent(share, 3)} of ${entries} numbers`],
      ...messages.map((message, i) => [`${i} ${message.kind}`, describe(message)] as const),
    ],
    facts: {
      ...{ step, rank, bytes: bytes.length, bits, share },
      messages: messages.map((message) => ({
        kind: message.kind,
        length: message.length,
        bytes: encodedBytes(message, { step, rank }),
      })),
    },
  };
}
