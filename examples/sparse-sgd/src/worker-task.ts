/** What a worker process is told, and what it tells. */
import type { Evaluation } from '@saccade/sparse-sgd';

/** Where the workers meet. */
export type Meeting = { readonly hub: string } | { readonly nats: string };

/** What a worker is to do. */
export interface WorkerTask {
  readonly meeting: Meeting;
  readonly job: string;
  /** Workers of the job. */
  readonly size: number;
  /** Milliseconds after which a silent worker is given up. */
  readonly roundTimeout: number;
  readonly compress: string;
  readonly steps: number;
  readonly seed: number;
}

/** How far a worker is: steps, loss on points that no worker learnt from, and what this worker has sent. */
export interface WorkerReport extends Evaluation {
  readonly rank: number;
  /** Bytes of the same gradients, uncompressed. */
  readonly denseBytes: number;
  /** Workers that take part. */
  readonly present: number;
  readonly done: boolean;
}
