/** The log of a job in a stream of NATS JetStream; the blob is in another one. */
import type { JetStreamClient } from '@nats-io/jetstream';
import { SaccadeError } from '@saccade/tensor';
import { splitEntry } from './chunks.js';
import { newId } from './ids.js';
import { JobGoneError, type Log, type LogHandler, type LogTraffic } from './log.js';
import type { NatsConnectionOptions } from './nats-connection.js';
import { NatsReader, type NatsSource } from './nats-reader.js';
import { NatsSession, type NatsSessionHandler, requestTimeout } from './nats-session.js';
import { isMissing, loadNatsState, type StatePlace, saveNatsState } from './nats-state.js';

const largestMessage = 512 * 1024;
/** Room for what NATS adds to a message, such as its id. */
const headerRoom = 1024;
const partsAtOnce = 4;
/** Times that the stream must be missing in a row: a server that has just come up may not know it yet. */
const mostMisses = 3;

/** Where the log is, and how it is kept if it has to be made. */
export interface NatsLogOptions extends Omit<NatsConnectionOptions, 'stopped'> {
  readonly job: string;
  readonly storage: 'file' | 'memory';
  readonly retain: number;
}

/** See `Log`. */
export class NatsLog implements Log, NatsSource, NatsSessionHandler {
  readonly member: string = newId();
  readonly size = undefined;
  readonly job: string;
  readonly stream: string;
  readonly #options: NatsLogOptions;
  readonly #session: NatsSession;
  readonly #subject: string;
  /** When the stream was made: tells it from another of the same name. */
  #created = '';
  #reader: NatsReader | undefined;
  #gone: JobGoneError | undefined;
  #misses = 0;
  #states = 0;

  constructor(options: NatsLogOptions) {
    this.#options = options;
    this.#session = new NatsSession(options, this);
    this.job = options.job;
    this.stream = `sparse-sgd-log-${options.job}`;
    this.#subject = `sparse-sgd.log.${options.job}`;
  }

  get js(): JetStreamClient {
    return this.#session.js;
  }

  get traffic(): LogTraffic {
    return this.#session.traffic;
  }

  allocate(length: number): Uint8Array {
    return new Uint8Array(length);
  }

  async open(): Promise<void> {
    this.#gone = undefined;
    await this.#session.connect();
    const { storage, retain } = this.#options;
    const { streams } = this.#session.jsm;
    const config = { name: this.stream, subjects: [this.#subject], storage, max_bytes: retain };
    const { created } = await this.retry(async () => {
      try {
        return await streams.add(config);
      } catch (error) {
        // Somebody made it with other options: theirs count.
        return await streams.info(this.stream).catch(() => {
          throw error;
        });
      }
    });
    this.#created = created;
  }

  async append(entry: Uint8Array, sequence: number): Promise<number> {
    const parts = splitEntry(entry, this.#largest);
    return (await this.#publish(parts, this.#subject, `${this.member}-${sequence}`)).at(-1)!;
  }

  read(after: number, handler: LogHandler): void {
    this.#reader?.stop();
    this.#reader = new NatsReader(this, after, handler);
  }

  async save(blob: Uint8Array): Promise<void> {
    const { storage } = this.#options;
    const { stream, subject } = this.#state;
    await this.retry(() => this.#session.jsm.streams.add({ name: stream, subjects: [subject], storage }));
    this.#states++;
    const state = { blob, member: this.member, sequence: this.#states, largest: this.#largest };
    await this.retry(() => saveNatsState(this.#state, state));
  }

  load(): Promise<Uint8Array | undefined> {
    return this.retry(() => loadNatsState(this.#state));
  }

  async end(position: number): Promise<void> {
    const { streams } = this.#session.jsm;
    await this.retry(async () => {
      const { state } = await streams.info(this.stream);
      if (state.last_seq !== position) return;
      await this.#deleteStream(this.stream);
      await this.#deleteStream(this.#state.stream);
    });
  }

  /** Throws the log away, whatever is in it. */
  async delete(): Promise<void> {
    await this.#session.connect();
    await this.retry(() => this.#deleteStream(this.stream));
    await this.retry(() => this.#deleteStream(this.#state.stream));
  }

  async close(): Promise<void> {
    this.#session.fail(new SaccadeError('closed', 'transport: it was closed'));
    await this.#session.close();
  }

  readonly retry = <T>(action: () => Promise<T>): Promise<T> => {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return this.#session.retry(action, async () => {
      await this.#check();
      if (this.#gone !== undefined) throw this.#gone;
    });
  };

  reconnected(): void {
    this.#check().then(() => this.#reader?.restart());
  }

  failed(error: Error): void {
    this.#reader?.fail(error);
  }

  get #largest(): number {
    return Math.min(largestMessage, (this.#session.largest ?? largestMessage) - headerRoom);
  }

  get #state(): StatePlace {
    const publish: StatePlace['publish'] = (parts, subject, id) => this.#publish(parts, subject, id);
    const stream = `sparse-sgd-state-${this.job}`;
    return { jsm: this.#session.jsm, stream, subject: `sparse-sgd.state.${this.job}`, publish };
  }

  async #deleteStream(stream: string): Promise<void> {
    try {
      await this.#session.jsm.streams.delete(stream);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Publishes parts, each once. @returns their positions */
  async #publish(parts: readonly Uint8Array[], subject: string, id: string): Promise<number[]> {
    const positions: number[] = [];
    const publish = async (index: number): Promise<void> => {
      const options = { msgID: `${id}-${index}`, timeout: requestTimeout };
      positions[index] = await this.retry(async () => (await this.js.publish(subject, parts[index], options)).seq);
    };
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < parts.length - 1) await publish(next++);
    };
    await Promise.all(Array.from({ length: partsAtOnce }, work));
    // The last part after all others, so that its position is that of the whole.
    await publish(parts.length - 1);
    return positions;
  }

  /** Whether the stream is still the one that it was: then an error was one of the way there. */
  async #check(): Promise<void> {
    if (this.#created === '') return;
    try {
      const { created, state } = await this.#session.jsm.streams.info(this.stream);
      this.#misses = 0;
      if (created !== this.#created) this.#lose('there is another one by the same name');
      else if (state.last_seq < (this.#reader?.after ?? 0)) this.#lose('the server has lost its end');
    } catch (error) {
      if (isMissing(error) && ++this.#misses >= mostMisses) {
        this.#lose(
          'all workers have left, the stream was deleted, or the server that kept it in memory was started again',
        );
      }
    }
  }

  #lose(why: string): void {
    this.#gone = new JobGoneError(this.job, why);
    this.#created = '';
    this.#misses = 0;
    this.#reader?.fail(this.#gone);
  }
}
