/** What all ways to join a job are asked for. */
import { OptionError, quote, requireAbove, requireCount } from '@saccade/tensor';
import { type JoinRequest, largestJob } from './join-request.js';

/** Options that all transports share. */
export interface JobOptions {
  /** Workers that the job begins with. Without it the worker joins whatever job there is, or waits for one. */
  readonly size?: number | undefined;
  /** What the other workers should know, such as the options of the training. The first worker's count. Default: nothing. */
  readonly settings?: Uint8Array | undefined;
  /** Messages without which a round is not closed. The first worker's counts. Default: half of `size`, rounded up. */
  readonly quorum?: number | undefined;
  /** Milliseconds that a worker waits in a round before those that are silent are given up. Default: 30,000. */
  readonly roundTimeout?: number | undefined;
  /** Milliseconds after which a worker that waits in vain gives up itself. Default: 300,000. */
  readonly patience?: number | undefined;
  /** Ends all waiting, and the transport. */
  readonly signal?: AbortSignal | undefined;
}

/** Names of the options that all transports share. */
export const jobOptionNames = ['size', 'settings', 'quorum', 'roundTimeout', 'patience', 'signal'] as const;

/** The same with defaults. */
export interface CheckedJobOptions {
  readonly size: number | undefined;
  readonly quorum: number | undefined;
  readonly settings: Uint8Array;
  readonly roundTimeout: number;
  readonly patience: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws {OptionError} */
export function checkJobOptions(op: string, options: JobOptions): CheckedJobOptions {
  const { size, quorum, settings = new Uint8Array(), roundTimeout = 30_000, patience = 300_000, signal } = options;
  if (size !== undefined) requireCount(op, 'size', size);
  if (size !== undefined && size > largestJob) {
    throw new OptionError(`${op}: size must be at most ${largestJob}, got ${size}`);
  }
  if (quorum !== undefined) requireCount(op, 'quorum', quorum);
  if (!(settings instanceof Uint8Array)) {
    throw new OptionError(`${op}: settings must be a Uint8Array, got ${quote(settings)}`);
  }
  requireAbove(op, 'roundTimeout', roundTimeout);
  requireAbove(op, 'patience', patience);
  const checked = { size, quorum, settings, roundTimeout, patience, signal };
  joinRequest(op, checked, size);
  return checked;
}

/** What the worker asks for when it joins. @param size workers of the job, if the worker knows @throws {OptionError} */
export function joinRequest(op: string, options: CheckedJobOptions, size: number | undefined): JoinRequest {
  const { settings, quorum = Math.ceil((size ?? 0) / 2) } = options;
  if (size === undefined) return { size: 0, quorum: 0, settings };
  if (quorum <= size) return { size, quorum, settings };
  throw new OptionError(`${op}: quorum must be at most size, which is ${size}, got ${quorum}`);
}

/** @throws {OptionError} unless the name is fit for all logs: letters, digits, `-` and `_`, 64 at most */
export function checkJobName(op: string, job: string): string {
  if (typeof job === 'string' && /^[\w-]{1,64}$/.test(job)) return job;
  throw new OptionError(`${op}: job must be a name of 1 to 64 letters, digits, - and _, got ${quote(job)}`);
}
