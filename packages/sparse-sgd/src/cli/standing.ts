/** Where a worker stands in its job, and what became of it. */
import type { LossPoint } from '../pictures/loss-series.js';
import type { Score } from './task.js';

/** Where a worker stands. */
export interface Standing {
  readonly turns: number;
  /** Turns of the whole job. */
  readonly total: number;
  readonly epoch: number;
  /** Mean loss of this worker's examples, from time to time. */
  readonly points: readonly LossPoint[];
  /** Bytes that this worker sent in messages, and what the same gradients take uncompressed. */
  readonly bytes: number;
  readonly denseBytes: number;
}

/** What became of a worker's part. */
export interface Worked extends Standing {
  readonly score: Score;
  /** Rounds in which this worker said something, and bits as the paper counts them. */
  readonly rounds: number;
  readonly paperBits: number;
  /** Messages of others that were thrown away. */
  readonly dropped: number;
  readonly memoryNorm: number;
}

/** What one worker has to do beside training, and who wants to know. */
export interface WorkOptions {
  /** Where this worker saves the run from time to time, at Ctrl-C and at the end. */
  readonly checkpoint?: string | undefined;
  /** A check point to go on with, at the worker that hands it out, and how errors call it. */
  readonly resume?: { readonly bytes: Uint8Array; readonly name: string } | undefined;
  /** Ends the work after a turn, once the run is saved. */
  readonly signal?: AbortSignal | undefined;
  readonly onPoint?: ((standing: Standing) => Promise<void>) | undefined;
  readonly onEpoch?: ((standing: Standing, score: Score) => Promise<void>) | undefined;
}
