/**
 * What the entries of a log mean: who takes part and which messages make up a round. It knows no clock and no wire, so all that
 * read the same entries come to the same rounds.
 */
import { decodeEntry, type Entry } from './entry.js';
import { decodeJoin, type JoinRequest } from './join-request.js';
import { Members } from './members.js';
import type { MachineSnapshot, Outcome } from './outcome.js';
import type { PeerEvent } from './transport.js';

const nothing: Outcome = { events: [] };

/** The state of a job. */
export class RoundMachine {
  #members: Members;
  #request: JoinRequest | undefined;
  #started: boolean;
  #round: number;
  #owed: number;
  #position: number;
  readonly #messages = new Map<number, Uint8Array>();
  readonly #dropped = { late: 0, duplicate: 0, malformed: 0 };

  constructor(from?: MachineSnapshot) {
    this.#members = new Members(from?.members);
    this.#request = from?.request;
    this.#started = from !== undefined;
    this.#round = from?.round ?? 0;
    this.#owed = from?.owed ?? 0;
    this.#position = from?.position ?? 0;
  }

  /** Position of the last entry. */
  get position(): number {
    return this.#position;
  }

  /** Whether all that the job begins with are there. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether the last one that rounds waited for has left. */
  get over(): boolean {
    return this.#started && this.#members.withStatus('left').length > 0 && this.present.length === 0;
  }

  /** Whether it is over and nobody can come back who would still want to read it. */
  get finished(): boolean {
    return this.over && this.#members.withStatus('lost').length === 0;
  }

  /** The round that messages are taken for. */
  get round(): number {
    return this.#round;
  }

  /** What the first member that knew the size of the job asked for. */
  get request(): JoinRequest | undefined {
    return this.#request;
  }

  /** Ranks that were ever given. */
  get size(): number {
    return this.#members.length;
  }

  /** Ranks that the round waits for. */
  get present(): number[] {
    return this.#members.withStatus('present');
  }

  /** Ranks whose messages of the round are there. */
  get contributors(): number[] {
    return [...this.#messages.keys()].sort((a, b) => a - b);
  }

  /** Position of the last `join` that no `state` followed; 0 if there is none. */
  get owed(): number {
    return this.#owed;
  }

  /** Entries that had no effect, by reason. */
  get dropped(): { readonly late: number; readonly duplicate: number; readonly malformed: number } {
    return { ...this.#dropped };
  }

  /** Messages without which no round closes: the quorum, but not more than there are members that have not left. */
  get needed(): number {
    const staying = this.size - this.#members.withStatus('left').length;
    return Math.max(1, Math.min(this.#request?.quorum ?? 1, staying));
  }

  /** Whether the member came late and has not given a message yet. */
  isJoining(member: string): boolean {
    const rank = this.rank(member);
    return rank !== undefined && this.#members.status(rank) === 'joining';
  }

  /** The rank of a member. */
  rank(member: string): number | undefined {
    return this.#members.rank(member);
  }

  /** For a machine elsewhere to go on from. Only between rounds: messages of the round are not in it. */
  snapshot(): MachineSnapshot {
    const members = this.#members.snapshot();
    return { position: this.#position, round: this.#round, request: this.#request!, owed: this.#owed, members };
  }

  /** Takes the next entry of the log in. @param own see `LogEntry` */
  apply(position: number, bytes: Uint8Array, own = false): Outcome {
    this.#position = position;
    const entry = decodeEntry(bytes, own);
    if (entry === undefined) return this.#drop('malformed');
    const rank = this.#members.rank(entry.member);
    if (entry.kind === 'join') return rank === undefined ? this.#join(entry, position) : this.#drop('duplicate');
    if (rank === undefined || entry.kind === 'chunk') return this.#drop('malformed');
    if (this.#members.status(rank) === 'left') return this.#drop('late');
    if (entry.kind === 'lost') return this.#lost(rank);
    if (!this.#members.isNew(rank, entry.sequence)) return this.#drop('duplicate');
    if (entry.kind === 'leave') return this.#leave(rank);
    if (!this.#started || entry.round > this.#round) return this.#drop('malformed');
    if (entry.kind === 'data') return this.#data(rank, entry);
    if (entry.kind === 'close') return entry.round === this.#round ? this.#close([]) : nothing;
    this.#owed = 0;
    return nothing;
  }

  #join(entry: Entry, position: number): Outcome {
    let request: JoinRequest;
    try {
      request = decodeJoin(entry.payload);
    } catch {
      return this.#drop('malformed');
    }
    const rank = this.#members.add(entry.member, this.#started ? 'joining' : 'present', entry.sequence);
    if (this.#started) {
      this.#owed = position;
      return { events: [{ rank, round: this.#round, state: 'joined' }] };
    }
    if (request.size > 0) this.#request ??= request;
    this.#started = this.#request !== undefined && this.size >= this.#request.size;
    return nothing;
  }

  #leave(rank: number): Outcome {
    if (!this.#started) {
      this.#members.remove(rank);
      return nothing;
    }
    this.#members.set(rank, 'left');
    return this.#completeIfAllThere([]);
  }

  #lost(rank: number): Outcome {
    if (!this.#started) {
      this.#members.remove(rank);
      return nothing;
    }
    if (this.#members.status(rank) !== 'present') return nothing;
    this.#members.set(rank, 'lost');
    return this.#completeIfAllThere([{ rank, round: this.#round, state: 'lost' }]);
  }

  #data(rank: number, entry: Entry): Outcome {
    // Late or not, it is a sign of life: whoever is only ever too late must be waited for, or it is never in again.
    const events = this.#heardFrom(rank);
    if (entry.round < this.#round) return this.#drop('late', events);
    if (this.#messages.has(rank)) return this.#drop('duplicate', events);
    this.#messages.set(rank, entry.payload);
    return this.#completeIfAllThere(events);
  }

  #heardFrom(rank: number): PeerEvent[] {
    const before = this.#members.status(rank);
    this.#members.set(rank, 'present');
    return before === 'lost' ? [{ rank, round: this.#round, state: 'back' }] : [];
  }

  #completeIfAllThere(events: PeerEvent[]): Outcome {
    return this.present.every((rank) => this.#messages.has(rank)) ? this.#close(events) : { events };
  }

  #close(events: PeerEvent[]): Outcome {
    const ranks = this.contributors;
    if (ranks.length < this.needed) return { events };
    for (const rank of this.present) {
      if (this.#messages.has(rank)) continue;
      this.#members.set(rank, 'lost');
      events.push({ rank, round: this.#round, state: 'lost' });
    }
    const messages = ranks.map((rank) => this.#messages.get(rank)!);
    const completed = { round: this.#round, ranks, messages };
    this.#messages.clear();
    this.#round++;
    return { completed, events };
  }

  #drop(why: 'late' | 'duplicate' | 'malformed', events: PeerEvent[] = []): Outcome {
    this.#dropped[why]++;
    return events.length > 0 ? { events } : nothing;
  }
}
