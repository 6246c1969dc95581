/** One reading of a hub's log, from a position on, over as many connections as it takes. */
import type { ToHub } from './hub-messages.js';
import { type LogHandler, TrimmedError } from './log.js';

/** Where a member is in the log. */
export class HubReading {
  readonly handler: LogHandler;
  readonly #job: string;
  readonly #id: number;
  #after: number;
  /** Whether what comes is meant for this reading: entries for the one before may still be on their way. */
  #begun = false;

  /** @param id unlike those of other readings, and not 0 */
  constructor(job: string, id: number, after: number, handler: LogHandler) {
    this.#job = job;
    this.#id = id;
    this.#after = after;
    this.handler = handler;
  }

  /** What asks the hub for it. */
  get request(): ToHub {
    return { type: 'read', id: this.#id, after: this.#after };
  }

  /** The same on a new connection. */
  again(): ToHub {
    this.#begun = false;
    return this.request;
  }

  /** The hub says that it begins; or, with id 0, that it cannot go on. @param first position of the oldest entry */
  begin(id: number, first: number): void {
    if (id !== this.#id && id !== 0) return;
    this.#begun = true;
    if (this.#after + 1 < first) this.handler.failed(new TrimmedError(this.#job));
  }

  entry(position: number, bytes: Uint8Array | undefined, own = false): void {
    if (!this.#begun || position !== this.#after + 1 || bytes === undefined) return;
    this.#after = position;
    this.handler.entry({ position, resume: position, bytes, own });
  }
}
