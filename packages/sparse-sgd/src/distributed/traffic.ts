/** What a worker sent, beside what it would have been. */
import type { Tensor } from '@saccade/tensor';
import type { Conversation } from './conversation.js';
import type { Turns } from './turns.js';

/** What a worker sent so far. */
export interface OptimizerTraffic {
  /** Bytes of its frames. */
  readonly bytes: number;
  /** Bytes of the same gradients uncompressed, 4 an entry. */
  readonly denseBytes: number;
  /** Bits as the paper counts them. */
  readonly paperBits: number;
  /** Rounds in which it said something. */
  readonly rounds: number;
  /** Frames of others that were thrown away: damaged, of another turn, of another shape. */
  readonly dropped: number;
}

/** The counts of an optimizer of these parameters. */
export function trafficOf(
  parameters: ReadonlyMap<string, Tensor>,
  { bytes, rounds, dropped }: Conversation,
  { given, paperBits }: Turns,
): OptimizerTraffic {
  const entries = [...parameters.values()].reduce((sum, { size }) => sum + size, 0);
  return { bytes, denseBytes: 4 * entries * given, paperBits, rounds, dropped };
}
