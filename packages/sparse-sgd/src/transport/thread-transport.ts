/** A worker's way into a job over a hub in another thread. */
import { checkOptions, OptionError, SaccadeError } from '@saccade/tensor';
import { type HubLink, HubLog, type LinkHandler } from './hub-log.js';
import type { FromHub, ToHub } from './hub-messages.js';
import { checkJobOptions, type JobOptions, jobOptionNames } from './job-options.js';
import { joinJob } from './join-job.js';
import type { LogTraffic } from './log.js';
import { createThreadHub, lastWord, type ThreadHubOptions, threadJob } from './thread-hub.js';
import type { Transport } from './transport.js';

/** A port of a thread hub, as DOM and Node type it. */
export interface ThreadPort {
  postMessage(message: unknown): void;
  close(): void;
}

/** What both have as well, though not by the same types. */
interface EventPort extends ThreadPort {
  addEventListener(type: 'message' | 'close', listener: (event: { readonly data?: unknown }) => void): void;
  start(): void;
}

/**
 * Joins the job of a thread hub (see `createThreadHub`), and resolves when all workers that it begins with are there; for one that
 * comes late when it has the state of the model. Messages that it gives may lie in shared memory: do not write to them.
 *
 * @param port made by the hub for this worker @throws {OptionError} @throws {SaccadeError} `timeout` if a job that has begun gives
 * no state
 */
export async function createThreadTransport(port: ThreadPort, options: JobOptions = {}): Promise<Transport> {
  const op = 'createThreadTransport';
  const checked = checkJobOptions(op, checkOptions(op, options, jobOptionNames));
  if (typeof port?.postMessage !== 'function') throw new OptionError(`${op}: expected a port of a thread hub`);
  const log = new HubLog(threadJob, (handler) => new ThreadLink(port as EventPort, handler), allocateShared);
  return await joinJob(op, log, checked);
}

/**
 * Transports that talk to each other within this thread, in the order of their ranks: for tests and simulations. Close them all.
 * @throws {OptionError}
 */
export async function localTransports(size: number, options: JobOptions & ThreadHubOptions = {}): Promise<Transport[]> {
  const { retain, ...others } = options;
  const hub = createThreadHub({ size, retain });
  const joining = Array.from({ length: size }, () => createThreadTransport(hub.port(), others));
  return (await Promise.all(joining)).sort((a, b) => a.rank - b.rank);
}

class ThreadLink implements HubLink {
  readonly #port: EventPort;
  readonly #handler: LinkHandler;
  #sent = 0;
  #received = 0;

  constructor(port: EventPort, handler: LinkHandler) {
    this.#port = port;
    this.#handler = handler;
    const ended = (): void => {
      handler.failed(new SaccadeError('io', 'transport: the hub was closed, or its thread has ended'));
    };
    port.addEventListener('message', ({ data }) => {
      if (data === lastWord) ended();
      else this.#receive(data as FromHub);
    });
    port.addEventListener('close', ended);
    port.start();
    queueMicrotask(() => handler.up());
  }

  get traffic(): LogTraffic {
    return { sent: this.#sent, received: this.#received };
  }

  send(message: ToHub): void {
    this.#sent += bytesIn(message);
    this.#port.postMessage(message);
  }

  close(): void {
    this.#port.postMessage(lastWord);
    this.#port.close();
  }

  #receive(message: FromHub): void {
    this.#received += bytesIn(message);
    this.#handler.message(message);
  }
}

/** What the rest of a message takes is not known between threads; here it counts nothing. */
function bytesIn(message: ToHub | FromHub): number {
  if ('entry' in message) return message.entry.length;
  return ('blob' in message && message.blob?.length) || 0;
}

function allocateShared(length: number): Uint8Array {
  return new Uint8Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(length) : new SharedArrayBuffer(length),
  );
}
