/** Reads a stream of NATS from a position on, in order, whatever happens to the connection and the server. */
import { type ConsumerMessages, DeliverPolicy, type JetStreamClient, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { ChunkJoiner } from './chunks.js';
import { type LogHandler, TrimmedError } from './log.js';

/** Milliseconds after which the server forgets a consumer that nobody asks for messages. */
const forgetAfter = 30_000;
/** Messages that are asked for in advance. */
const ahead = 256;

/** What a reader needs of its log. */
export interface NatsSource {
  readonly js: JetStreamClient;
  readonly stream: string;
  readonly job: string;
  /** Does it until it works; rejects when the log has failed for good. */
  retry<T>(action: () => Promise<T>): Promise<T>;
}

/** One reading, by one consumer after another. */
export class NatsReader {
  readonly #source: NatsSource;
  readonly #handler: LogHandler;
  readonly #joiner = new ChunkJoiner();
  #after: number;
  #generation = 0;
  #messages: ConsumerMessages | undefined;
  #stopped = false;

  constructor(source: NatsSource, after: number, handler: LogHandler) {
    this.#source = source;
    this.#after = after;
    this.#handler = handler;
    this.restart();
  }

  /** Position of the last message that was read. */
  get after(): number {
    return this.#after;
  }

  /** Takes a new consumer: the old one may be gone with the connection or the server. */
  restart(): void {
    if (this.#stopped) return;
    this.#consume(++this.#generation).catch((error: Error) => this.fail(error));
  }

  stop(): void {
    this.#stopped = true;
    this.#generation++;
    this.#messages?.stop();
  }

  fail(error: Error): void {
    if (this.#stopped) return;
    this.stop();
    this.#handler.failed(error);
  }

  async #consume(generation: number): Promise<void> {
    const { js, stream, retry } = this.#source;
    this.#messages?.stop();
    const messages = await retry(async () => {
      const consumer = await js.consumers.get(stream, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: this.#after + 1,
        inactive_threshold: nanos(forgetAfter),
      });
      return await consumer.consume({
        max_messages: ahead,
        callback: (message) => {
          if (generation === this.#generation) this.#take(message);
        },
      });
    });
    if (generation !== this.#generation) {
      messages.stop();
      return;
    }
    this.#messages = messages;
    for await (const { type } of messages.status()) {
      const lost = type === 'consumer_deleted' || type === 'consumer_not_found' || type === 'stream_not_found';
      if (generation !== this.#generation) return;
      if (lost) this.restart();
    }
  }

  #take({ seq, data }: JsMsg): void {
    if (seq <= this.#after) return;
    if (seq > this.#after + 1) {
      this.fail(new TrimmedError(this.#source.job));
      return;
    }
    this.#after = seq;
    // A plain array: slices of Node's buffers are no copies.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const entry = this.#joiner.push(seq, bytes);
    if (entry !== undefined) this.#handler.entry(entry);
  }
}
