/** Feeds a log to a round machine, and keeps the rounds that the program has not taken yet. */
import { SaccadeError } from '@saccade/tensor';
import type { LogEntry, LogHandler } from './log.js';
import type { CompletedRound, MachineSnapshot } from './outcome.js';
import { RoundMachine } from './round-machine.js';
import type { StoredState } from './stored-state.js';
import type { PeerEvent } from './transport.js';

/** Bytes of rounds that wait for the program before that is an error. */
const mostWaiting = 2 ** 30;

/** How long to wait, and what to say after that. */
export interface Deadline {
  /** Milliseconds. */
  readonly within: number;
  readonly why: () => Error;
}

/** The machine between two rounds, and where its log goes on. */
export interface Beginning {
  readonly snapshot: MachineSnapshot;
  readonly resume: number;
}

interface Waiter {
  readonly done: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The reading end of a member. */
export class RoundFeed implements LogHandler {
  readonly machine: RoundMachine;
  readonly #member: string;
  readonly #skip: number;
  readonly #rounds: { readonly completed: CompletedRound; readonly next: Beginning }[] = [];
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  readonly #waiters = new Set<Waiter>();
  #beginning: Beginning | undefined;
  #waitingBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #completed = 0;
  #missed = 0;

  /** @param state where to go on; without it from the first entry */
  constructor(member: string, state?: StoredState) {
    this.#member = member;
    this.machine = new RoundMachine(state?.snapshot);
    this.#skip = state?.snapshot.position ?? 0;
    this.#beginning = state && { snapshot: state.snapshot, resume: state.resume };
  }

  /** The machine at the beginning of the round that the program is at. */
  get beginning(): Beginning {
    return this.#beginning!;
  }

  /** Whether there are rounds that the program has not taken. */
  get waiting(): boolean {
    return this.#rounds.length > 0;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Rounds that went by, and those of them without this member's message. */
  get counts(): { readonly rounds: number; readonly missed: number } {
    return { rounds: this.#completed, missed: this.#missed };
  }

  entry({ position, resume, bytes, own }: LogEntry): void {
    if (this.#failure !== undefined || position <= this.#skip) return;
    const { completed, events } = this.machine.apply(position, bytes, own);
    if (this.machine.started) this.#beginning ??= { snapshot: this.machine.snapshot(), resume };
    if (completed !== undefined) this.#keep(completed, resume);
    for (const event of events) {
      for (const listener of this.#listeners) queueMicrotask(() => listener(event));
    }
    for (const waiter of this.#waiters) if (waiter.done()) waiter.resolve();
  }

  failed(error: unknown): void {
    this.#failure ??= { error };
    for (const waiter of this.#waiters) waiter.reject(this.#failure.error);
  }

  /** The next round that the program has not taken. */
  take(): CompletedRound | undefined {
    const first = this.#rounds.shift();
    if (first === undefined) return undefined;
    this.#beginning = first.next;
    this.#waitingBytes -= bytesOf(first.completed);
    return first.completed;
  }

  listen(listener: (event: PeerEvent) => void): () => void {
    const own = (event: PeerEvent): void => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Resolves once it is so; it is looked at after each entry. */
  async until(done: () => boolean, deadline?: Deadline): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (done()) return;
    let waiter: Waiter | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { done, resolve, reject };
        this.#waiters.add(waiter);
        if (deadline !== undefined) timer = setTimeout(() => reject(deadline.why()), deadline.within);
      });
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter!);
    }
  }

  #keep(completed: CompletedRound, resume: number): void {
    this.#completed++;
    const own = this.machine.rank(this.#member);
    if (own === undefined || !completed.ranks.includes(own)) this.#missed++;
    this.#rounds.push({ completed, next: { snapshot: this.machine.snapshot(), resume } });
    this.#waitingBytes += bytesOf(completed);
    if (this.#waitingBytes > mostWaiting) {
      const count = this.#rounds.length;
      this.failed(new SaccadeError('io', `transport: ${count} rounds wait to be taken by missed() or allGather()`));
    }
  }
}

function bytesOf(completed: CompletedRound): number {
  return completed.messages.reduce((sum, message) => sum + message.length, 0);
}
