/** What a compressor is. */
import type { Rng } from '@saccade/tensor';
import type { Message, Vector } from './message.js';

/** Which vector is compressed: for those whose random positions must be the same on all workers. */
export interface Occasion {
  /** Step of the training, from 0. */
  readonly step: number;
  /** Number of the vector within the step, from 0. */
  readonly stream: number;
}

/**
 * Turns vectors into messages. Compressors have no memory of what they left out (that is `feedback/`'s business) and nothing
 * hidden: the same vector, random stream and occasion give the same message, everywhere. A message must not be a view of the
 * vector: callers use that again while the message is on its way.
 */
export interface Compressor {
  /** As `parseCompressor` reads it, such as `top-k:1%`. */
  readonly name: string;
  /** Whether the mean of what arrives is what was sent. Such need no memory. */
  readonly unbiased: boolean;
  /**
   * The largest delta for which E||x - C(x)||^2 <= (1 - delta) ||x||^2 is claimed for all x of this length, k / d for top-k and rand-k (paper,
   * Definition 2.1). Undefined where there is no such claim: then a memory may grow without bound.
   */
  contraction(length: number): number | undefined;
  /** @param rng moves on where the compressor draws @throws {OptionError} for a vector that is not finite */
  compress(vector: Vector, rng: Rng, occasion: Occasion): Message;
}
