/** Puts a member's entries into the log, one after the other, each with its number. */
import { type EntryKind, encodeEntry } from './entry.js';
import type { Log } from './log.js';

const empty = new Uint8Array();

/** The writing end of a member. */
export class Appender {
  readonly #log: Log;
  #sequence = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Resolves to the entry's position; the payload is copied at once. Rejects only when the log has failed for good. */
  append(kind: EntryKind, round: number, payload: Uint8Array = empty): Promise<number> {
    const sequence = ++this.#sequence;
    const log = this.#log;
    const bytes = encodeEntry({ kind, member: log.member, sequence, round, payload }, (length) => log.allocate(length));
    const appended = this.#last.then(() => log.append(bytes, sequence));
    this.#last = appended;
    // Whoever called hears of it; those behind fail with the same.
    appended.catch(() => {});
    return appended;
  }
}
