/** A transport on any log. All that depends on time is here: the machine below knows no clock. */
import { OptionError, SaccadeError } from '@saccade/tensor';
import type { Appender } from './appender.js';
import { largestEntry } from './entry.js';
import type { CheckedJobOptions } from './job-options.js';
import type { Log } from './log.js';
import type { CompletedRound } from './outcome.js';
import type { RoundFeed } from './round-feed.js';
import { waitForRound } from './round-wait.js';
import { encodeState } from './stored-state.js';
import type { JobState, PeerEvent, Transport, TransportCounts } from './transport.js';

/** Bytes of a message or a state; the rest of the largest entry is for what is around them. */
const largestPayload = largestEntry - 2 ** 20;
/** Milliseconds that leaving may take. */
const farewell = 2000;

/** The ends of a member that has been taken in. */
export interface JoinedLog {
  readonly log: Log;
  readonly appender: Appender;
  readonly feed: RoundFeed;
  readonly initialState: JobState | undefined;
}

/** See `Transport`. */
export class LogTransport implements Transport {
  readonly job: Uint8Array;
  readonly initialState: JobState | undefined;
  readonly #log: Log;
  readonly #appender: Appender;
  readonly #feed: RoundFeed;
  readonly #options: CheckedJobOptions;
  #turn: Promise<unknown> = Promise.resolve();
  #sentRound = -1;
  #served = 0;
  #lastRanks: readonly number[] = [];
  #closing: Promise<void> | undefined;

  constructor({ log, appender, feed, initialState }: JoinedLog, options: CheckedJobOptions) {
    this.#log = log;
    this.#appender = appender;
    this.#feed = feed;
    this.#options = options;
    this.initialState = initialState;
    this.job = feed.machine.request!.settings.slice();
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get rank(): number {
    return this.#feed.machine.rank(this.#log.member)!;
  }

  get size(): number {
    return this.#feed.machine.size;
  }

  get round(): number {
    return this.#feed.beginning.snapshot.round;
  }

  get present(): readonly number[] {
    return this.#feed.machine.present;
  }

  get lastRanks(): readonly number[] {
    return this.#lastRanks;
  }

  get counts(): TransportCounts {
    const { sent, received } = this.#log.traffic;
    const dropped = this.#feed.machine.dropped;
    return { bytesSent: sent, bytesReceived: received, ...this.#feed.counts, dropped };
  }

  async allGather(message: Uint8Array): Promise<Uint8Array[]> {
    return [...(await this.#exchange('allGather', message)).messages];
  }

  missed(): Uint8Array[] | undefined {
    const completed = this.#take();
    return completed && [...completed.messages];
  }

  async broadcast(message: Uint8Array | undefined, root = 0): Promise<Uint8Array> {
    if (root === this.rank && message === undefined) throw new OptionError('broadcast: the root must give a message');
    const { messages, ranks } = await this.#exchange('broadcast', root === this.rank ? message! : new Uint8Array());
    const index = ranks.indexOf(root);
    if (index < 0) throw new SaccadeError('io', `broadcast: the round went by without worker ${root}, the root`);
    return messages[index]!;
  }

  async barrier(): Promise<void> {
    await this.#exchange('barrier', new Uint8Array());
  }

  get stateWanted(): boolean {
    return this.#feed.machine.owed > this.#served && this.present[0] === this.rank;
  }

  async publishState(bytes: Uint8Array): Promise<void> {
    const bad = problem('publishState', bytes) ?? this.#feed.failure?.error;
    if (bad !== undefined) throw bad;
    const { snapshot, resume } = this.#feed.beginning;
    this.#served = this.#feed.machine.owed;
    await this.#log.save(encodeState({ snapshot, resume, bytes }));
    await this.#appender.append('state', snapshot.round);
  }

  onPeerLost(listener: (event: PeerEvent) => void): () => void {
    return this.#feed.listen(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  /** One after the other, in the order of the calls. */
  #exchange(op: string, message: Uint8Array): Promise<CompletedRound> {
    const bad = problem(op, message);
    if (bad !== undefined) return Promise.reject(bad);
    const gathered = this.#turn.then(() => this.#gather(op, message));
    this.#turn = gathered.catch(() => {});
    return gathered;
  }

  async #gather(op: string, message: Uint8Array): Promise<CompletedRound> {
    const { machine } = this.#feed;
    if (this.#feed.failure !== undefined) throw this.#feed.failure.error;
    if (!this.#feed.waiting) {
      // After patience has run out, the message of the round is on its way already.
      if (this.#sentRound !== machine.round) this.#send('data', message);
      this.#sentRound = machine.round;
      await waitForRound(op, this.#feed, this.#options, () => this.#send('close'));
    }
    return this.#take()!;
  }

  #take(): CompletedRound | undefined {
    const completed = this.#feed.take();
    if (completed !== undefined) this.#lastRanks = completed.ranks;
    return completed;
  }

  #send(kind: 'data' | 'close', payload?: Uint8Array): void {
    this.#appender.append(kind, this.#feed.machine.round, payload).catch((error) => this.#feed.failed(error));
  }

  async #leave(): Promise<void> {
    const { machine } = this.#feed;
    this.#options.signal?.removeEventListener('abort', this.#abort);
    const left = async (): Promise<void> => {
      const position = await this.#appender.append('leave', machine.round);
      await this.#feed.until(() => machine.position >= position);
      if (machine.finished) await this.#log.end(machine.position);
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (this.#feed.failure === undefined) {
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, farewell);
      });
      await Promise.race([left().catch(() => {}), late]);
      clearTimeout(timer);
    }
    this.#feed.failed(new SaccadeError('closed', 'transport: it was closed'));
    await this.#log.close();
  }

  /** The signal's reason goes to whoever waits; the others are told, but nobody waits for that. */
  readonly #abort = (): void => {
    const { machine } = this.#feed;
    const left = this.#appender.append('leave', machine.round).catch(() => {});
    this.#feed.failed(this.#options.signal!.reason);
    this.#closing ??= Promise.race([left, new Promise((resolve) => setTimeout(resolve, farewell))]).then(() =>
      this.#log.close(),
    );
  };
}

function problem(op: string, bytes: Uint8Array): Error | undefined {
  if (!(bytes instanceof Uint8Array)) return new OptionError(`${op}: expected a Uint8Array`);
  if (bytes.length <= largestPayload) return undefined;
  return new OptionError(`${op}: expected ${largestPayload} bytes at most, got ${bytes.length}`);
}
