/** The log of one job as a hub holds it in memory. */
import type { Entry } from './entry.js';
import { encodeEntry } from './entry.js';
import { newId } from './ids.js';

/** An entry that a hub holds. */
export interface HeldEntry {
  readonly position: number;
  readonly member: string;
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

interface Author {
  sequence: number;
  position: number;
  /** Whether it has joined and not left. */
  belongs: boolean;
}

/** Entries in their order, as many as `retain` bytes hold; the last one always. */
export class JobLog {
  /** Tells this log from another of the same name, after a restart for instance. */
  readonly id: string = newId();
  /** The blob that was saved last. */
  blob: Uint8Array | undefined;
  readonly #retain: number;
  readonly #authors = new Map<string, Author>();
  readonly #readers = new Set<() => void>();
  #entries: (HeldEntry | undefined)[] = [];
  #thrown = 0;
  #first = 1;
  #bytes = 0;

  constructor(retain: number) {
    this.#retain = retain;
  }

  /** Position of the oldest entry that is there. */
  get first(): number {
    return this.#first;
  }

  /** Position of the newest entry; 0 if there never was one. */
  get last(): number {
    return this.#thrown + this.#entries.length;
  }

  /** Undefined before the first and behind the last. */
  at(position: number): HeldEntry | undefined {
    return this.#entries[position - 1 - this.#thrown];
  }

  /** Appends it unless it is there already. @returns its position; for one that came twice, that of the member's last */
  append(bytes: Uint8Array, { kind, member, sequence }: Entry): number {
    const author = this.#authors.get(member) ?? { sequence: 0, position: 0, belongs: false };
    if (kind !== 'lost' && sequence <= author.sequence) return author.position;
    const position = this.last + 1;
    this.#entries.push({ position, member, sequence, bytes });
    this.#bytes += bytes.length;
    if (kind !== 'lost') {
      const belongs = kind === 'join' || (author.belongs && kind !== 'leave');
      this.#authors.set(member, { sequence, position, belongs });
    }
    this.#trim();
    for (const wake of this.#readers) wake();
    return position;
  }

  /** Says that a member is no longer heard from, unless it never joined or has left. */
  lose(member: string): void {
    if (!this.#authors.get(member)?.belongs) return;
    const entry: Entry = { kind: 'lost', member, sequence: 0, round: 0, payload: new Uint8Array() };
    this.append(encodeEntry(entry), entry);
  }

  /** Calls back after each append. @returns a function that ends this */
  onAppend(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }

  #trim(): void {
    while (this.#bytes > this.#retain && this.#first < this.last) {
      this.#bytes -= this.at(this.#first)!.bytes.length;
      this.#entries[this.#first - 1 - this.#thrown] = undefined;
      this.#first++;
    }
    const holes = this.#first - 1 - this.#thrown;
    if (holes > 64 && holes > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(holes);
      this.#thrown += holes;
    }
  }
}
