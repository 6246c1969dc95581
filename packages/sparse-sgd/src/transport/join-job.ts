/** How a worker gets into a job: as one of those that begin it, or late, with the state of the model. */
import { FormatError, OptionError, SaccadeError } from '@saccade/tensor';
import { Appender } from './appender.js';
import { decodeEntry } from './entry.js';
import { type CheckedJobOptions, joinRequest } from './job-options.js';
import { encodeJoin } from './join-request.js';
import { JobGoneError, type Log, TrimmedError } from './log.js';
import { type JoinedLog, LogTransport } from './log-transport.js';
import { type Deadline, RoundFeed } from './round-feed.js';
import { decodeState, type StoredState } from './stored-state.js';
import type { Transport } from './transport.js';

/** Jobs that end while a worker joins them before that is an error. */
const mostAttempts = 20;

/** Joins, and resolves when the job has begun, or for one that is late when it has the state. On failure the log is closed. */
export async function joinJob(op: string, log: Log, options: CheckedJobOptions): Promise<Transport> {
  const { signal } = options;
  const stop = (): void => void log.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    for (let attempt = 1; ; attempt++) {
      try {
        const joined = await new Newcomer(op, log, options).join();
        signal?.throwIfAborted();
        return new LogTransport(joined, options);
      } catch (error) {
        // What it joined was the end of a job of the same name.
        if (!(error instanceof JobGoneError) || attempt === mostAttempts) throw error;
      }
    }
  } catch (error) {
    await log.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

class Newcomer {
  readonly #op: string;
  readonly #log: Log;
  readonly #options: CheckedJobOptions;
  readonly #appender: Appender;

  constructor(op: string, log: Log, options: CheckedJobOptions) {
    this.#op = op;
    this.#log = log;
    this.#options = options;
    this.#appender = new Appender(log);
  }

  async join(): Promise<JoinedLog> {
    await this.#log.open();
    let position = await this.#ask();
    const feed = new RoundFeed(this.#log.member);
    const { machine } = feed;
    this.#log.read(0, feed);
    try {
      await feed.until(() => machine.position >= position);
    } catch (error) {
      // The log's beginning is gone, so the job began long ago.
      if (error instanceof TrimmedError) return await this.#late(position);
      throw error;
    }
    while (!machine.started) {
      // Whoever loses the connection before the beginning is taken out again.
      if (machine.rank(this.#log.member) === undefined) position = await this.#ask();
      await feed.until(() => machine.started || machine.rank(this.#log.member) === undefined);
    }
    if (machine.rank(this.#log.member) === undefined) position = await this.#ask();
    await feed.until(() => machine.position >= position);
    if (!machine.isJoining(this.#log.member)) return await this.#checked(feed, undefined);
    await this.#endIfOver(feed);
    await this.#checkSize(feed);
    return await this.#late(position);
  }

  #ask(): Promise<number> {
    const request = joinRequest(this.#op, this.#options, this.#options.size ?? this.#log.size);
    return this.#appender.append('join', 0, encodeJoin(request));
  }

  /** A job that all have left, but for some that were lost, makes room for a new one. */
  async #endIfOver(feed: RoundFeed): Promise<void> {
    const { machine } = feed;
    while (machine.over) {
      const before = machine.position;
      await this.#log.end(before);
      await feed.until(() => machine.position > before, this.#deadline('its workers have left'));
    }
  }

  async #late(position: number): Promise<JoinedLog> {
    const state = await this.#state(position);
    const feed = new RoundFeed(this.#log.member, state);
    this.#log.read(state.resume, feed);
    await feed.until(
      () => feed.machine.rank(this.#log.member) !== undefined,
      this.#deadline('it does not know this worker'),
    );
    return await this.#checked(feed, state);
  }

  /** The state that somebody laid down after this worker had asked to take part. */
  async #state(position: number): Promise<StoredState> {
    const found = await new Promise<StoredState>((resolve, reject) => {
      const { within, why } = this.#deadline(
        'no worker laid the state of the model down (publishState when stateWanted)',
      );
      const timer = setTimeout(() => failed(why()), within);
      const failed = (error: unknown): void => {
        clearTimeout(timer);
        reject(error);
      };
      const look = async (): Promise<void> => {
        const blob = await this.#log.load();
        if (blob === undefined) return;
        const state = decodeState(blob);
        clearTimeout(timer);
        resolve(state);
      };
      const entry = ({ bytes }: { readonly bytes: Uint8Array }): void => {
        // A blob that does not decode may be one that is just replaced: the next entry tells.
        if (decodeEntry(bytes)?.kind === 'state') {
          look().catch((error) => (error instanceof FormatError ? undefined : failed(error)));
        }
      };
      this.#log.read(position, { entry, failed });
    });
    return found;
  }

  async #checked(feed: RoundFeed, state: StoredState | undefined): Promise<JoinedLog> {
    await this.#checkSize(feed);
    const initialState = state && { round: state.snapshot.round, bytes: state.bytes };
    return { log: this.#log, appender: this.#appender, feed, initialState };
  }

  async #checkSize(feed: RoundFeed): Promise<void> {
    const { size } = feed.machine.request!;
    if (this.#options.size !== undefined && this.#options.size !== size) {
      await this.#appender.append('leave', feed.machine.round);
      throw new OptionError(`${this.#op}: the job was made for ${size} workers, got size ${this.#options.size}`);
    }
  }

  #deadline(what: string): Deadline {
    const seconds = this.#options.patience / 1000;
    const why = (): Error =>
      new SaccadeError(
        'timeout',
        `${this.#op}: the job has begun, but ${what}, for ${seconds} s; if they are dead, choose another name for the job`,
      );
    return { within: Math.min(this.#options.patience, 2 ** 31 - 1), why };
  }
}
