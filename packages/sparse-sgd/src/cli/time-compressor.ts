/** How long one compressor takes for a vector, what its message weighs, and how much of the vector is in it. */
import { type Times, timeRuns } from '@saccade/command';
import type { Rng } from '@saccade/tensor';
import { messageVector } from '../compress/apply-message.js';
import type { Compressor } from '../compress/compressor.js';
import type { Message, Vector } from '../compress/message.js';
import { encodedBytes } from '../wire/encoded-bytes.js';
import { messageBits } from '../wire/paper-bits.js';

/** Messages that the contraction is measured on. */
const measured = 5;

/** The figures of a compressor for a vector. */
export interface CompressorTimes extends Times {
  readonly compress: string;
  readonly length: number;
  /** Of the encoded message. */
  readonly bytes: number;
  /** By the paper's formula. */
  readonly bits: number;
  /** Of the bytes of the vector, 4 an entry. */
  readonly share: number;
  /** Measured contraction: 1 - |x - C(x)|^2 / |x|^2, the mean of a few messages; below 0 where the message is farther from x than 0 is. */
  readonly kept: number;
  /** The contraction that is claimed on average; undefined where there is no claim. */
  readonly claimed: number | undefined;
}

function keptShare(vector: Vector, sent: Vector): number {
  let [lost, all] = [0, 0];
  for (let i = 0; i < vector.length; i++) {
    lost += (vector[i]! - sent[i]!) ** 2;
    all += vector[i]! ** 2;
  }
  return 1 - lost / all;
}

/** Times it once it is warm. @throws the signal's reason once it is aborted @throws {OptionError} for a vector that it does not take */
export async function timeCompressor(
  compressor: Compressor,
  vector: Vector,
  rng: Rng,
  runs: number,
  signal: AbortSignal,
): Promise<CompressorTimes> {
  const { length } = vector;
  const compress = (step: number): Message => compressor.compress(vector, rng, { step, stream: 0 });
  // First of all, so that they depend on the seed alone.
  const messages = Array.from({ length: measured }, (_, step) => compress(step));
  const times = await timeRuns((run) => compress(measured + run), runs, signal);
  const message = messages[0]!;
  const kept = messages.reduce((sum, one) => sum + keptShare(vector, messageVector(one)), 0) / measured;
  const bytes = encodedBytes(message);
  return {
    compress: compressor.name,
    length,
    ...times,
    bytes,
    bits: messageBits(message),
    share: bytes / (4 * length),
    kept,
    claimed: compressor.contraction(length),
  };
}
