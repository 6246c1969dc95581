/** A worker's session with NATS: a connection, and doing things until they work. */
import { JetStreamApiError, type JetStreamClient, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/nats-core';
import { SaccadeError } from '@saccade/tensor';
import type { LogTraffic } from './log.js';
import { connectNats, type NatsConnectionOptions } from './nats-connection.js';

/** Milliseconds that a request may take. */
export const requestTimeout = 5000;
const firstPause = 50;
const longestPause = 1000;
/** Times that the server may refuse a request. */
const mostRefusals = 8;

/** What a session calls. */
export interface NatsSessionHandler {
  /** The connection was made again. */
  reconnected(): void;
  /** There will be none any more. */
  failed(error: Error): void;
}

/** Connected until it is closed. */
export class NatsSession {
  readonly #options: Omit<NatsConnectionOptions, 'stopped'>;
  readonly #handler: NatsSessionHandler;
  #nc: NatsConnection | undefined;
  #jsm: JetStreamManager | undefined;
  #failure: Error | undefined;
  /** Rejects the next time that the connection is made again. */
  #reconnection = deferred();

  constructor(options: Omit<NatsConnectionOptions, 'stopped'>, handler: NatsSessionHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  /** Once it is connected. */
  get jsm(): JetStreamManager {
    return this.#jsm!;
  }

  /** Once it is connected. */
  get js(): JetStreamClient {
    return this.#jsm!.jetstream();
  }

  get traffic(): LogTraffic {
    const { outBytes = 0, inBytes = 0 } = this.#nc?.stats() ?? {};
    return { sent: outBytes, received: inBytes };
  }

  /** Bytes of the largest message that the server takes; undefined if it did not say. */
  get largest(): number | undefined {
    return this.#nc?.info?.max_payload;
  }

  /** @throws {SaccadeError} `io` if there is no server, or it has no JetStream */
  async connect(): Promise<void> {
    if (this.#nc !== undefined) return;
    const { op } = this.#options;
    const nc = await connectNats({ ...this.#options, stopped: () => this.#failure !== undefined });
    this.#nc = nc;
    if (this.#failure !== undefined) {
      await nc.close();
      throw this.#failure;
    }
    nc.closed().then((error) => {
      const why = error?.message ?? 'no reason given';
      this.fail(new SaccadeError('io', `${op}: NATS has closed the connection (${why})`));
    });
    this.#watch(nc).catch((error: Error) => this.fail(error));
    try {
      this.#jsm = await jetstreamManager(nc, { timeout: requestTimeout });
    } catch (cause) {
      throw new SaccadeError('io', `${op}: that NATS has no JetStream; start it with: nats-server -js`, { cause });
    }
  }

  /**
   * Does it until it works. It may be done twice.
   *
   * @param check called after each failure; what it throws ends the trying @throws {SaccadeError} when the session has failed, or the
   * server refuses again and again
   */
  async retry<T>(action: () => Promise<T>, check: () => Promise<void>): Promise<T> {
    let refusals = 0;
    for (let pause = firstPause; ; pause = Math.min(longestPause, 2 * pause)) {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        // What was on its way when the connection broke is not answered any more.
        return await Promise.race([action(), this.#reconnection.promise]);
      } catch (cause) {
        await check();
        if (this.#failure !== undefined) throw this.#failure;
        // No answer is a matter of waiting. An answer that stays the same is not.
        const denied = cause instanceof errors.PermissionViolationError;
        if (denied || (cause instanceof JetStreamApiError && ++refusals === mostRefusals)) {
          throw new SaccadeError('io', `${this.#options.op}: NATS refused: ${cause.message}`, { cause });
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** Ends all trying. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#handler.failed(error);
  }

  async close(): Promise<void> {
    await this.#nc?.close();
  }

  async #watch(nc: NatsConnection): Promise<void> {
    for await (const { type } of nc.status()) {
      if (type !== 'reconnect') continue;
      const before = this.#reconnection;
      this.#reconnection = deferred();
      before.reject(new SaccadeError('io', 'the connection was made again'));
      this.#handler.reconnected();
    }
  }
}

function deferred(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  promise.catch(() => {});
  return { promise, reject };
}
