/** Transports whose rounds close when a test says so: a worker can be made late, or silent, round by round. */
import type { JobState, Transport, TransportCounts } from '../src/transport/transport.js';

interface Round {
  readonly ranks: readonly number[];
  readonly messages: readonly Uint8Array[];
}

/** A job of `size` workers in this process. */
export class ScriptedHub {
  readonly transports: readonly ScriptedTransport[];
  /** Who each round waits for; it closes without the others. Default: all. */
  waitsFor: (round: number) => readonly number[];
  readonly rounds: Round[] = [];
  #messages = new Map<number, Uint8Array>();
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.transports = Array.from({ length: size }, (_, rank) => new ScriptedTransport(this, rank));
    const all = this.transports.map(({ rank }) => rank);
    this.waitsFor = () => all;
  }

  give(rank: number, message: Uint8Array): void {
    this.#messages.set(rank, message);
    this.#closeIfFull();
  }

  /** Rounds from the next one on go on without the others. */
  only(...ranks: number[]): void {
    this.waitsFor = () => ranks;
    this.look();
  }

  /** Closes the round if it is full, after `waitsFor` has come to think otherwise. */
  look(): void {
    this.#closeIfFull();
  }

  until(round: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => (this.rounds.length > round ? resolve() : void this.#waiting.push(look));
      look();
    });
  }

  #closeIfFull(): void {
    if (this.#messages.size === 0 || !this.waitsFor(this.rounds.length).every((rank) => this.#messages.has(rank)))
      return;
    const ranks = [...this.#messages.keys()].sort((a, b) => a - b);
    this.rounds.push({ ranks, messages: ranks.map((rank) => this.#messages.get(rank)!) });
    this.#messages = new Map();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }
}

/** A worker's end. */
export class ScriptedTransport implements Transport {
  readonly rank: number;
  readonly job: Uint8Array = new Uint8Array();
  readonly initialState: JobState | undefined = undefined;
  readonly counts: TransportCounts = {
    bytesSent: 0,
    bytesReceived: 0,
    rounds: 0,
    missed: 0,
    dropped: { late: 0, duplicate: 0, malformed: 0 },
  };
  round = 0;
  stateWanted = false;
  lastRanks: readonly number[] = [];
  /** What was laid down for those who join late. */
  readonly published: { readonly round: number; readonly bytes: Uint8Array }[] = [];
  /** Changes what this worker sends. */
  tamper: (message: Uint8Array) => Uint8Array = (message) => message;
  readonly #hub: ScriptedHub;

  constructor(hub: ScriptedHub, rank: number) {
    this.#hub = hub;
    this.rank = rank;
  }

  get size(): number {
    return this.#hub.transports.length;
  }

  get present(): readonly number[] {
    return this.#hub.waitsFor(this.round);
  }

  async allGather(message: Uint8Array): Promise<Uint8Array[]> {
    if (this.round === this.#hub.rounds.length) this.#hub.give(this.rank, this.tamper(message));
    await this.#hub.until(this.round);
    return this.#take();
  }

  missed(): Uint8Array[] | undefined {
    return this.round < this.#hub.rounds.length ? this.#take() : undefined;
  }

  #take(): Uint8Array[] {
    const { ranks, messages } = this.#hub.rounds[this.round++]!;
    this.lastRanks = ranks;
    return [...messages];
  }

  async broadcast(message: Uint8Array | undefined, root = 0): Promise<Uint8Array> {
    return (await this.allGather(message ?? new Uint8Array()))[root]!;
  }

  async barrier(): Promise<void> {
    await this.allGather(new Uint8Array());
  }

  async publishState(bytes: Uint8Array): Promise<void> {
    this.stateWanted = false;
    this.published.push({ round: this.round, bytes });
  }

  onPeerLost(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}
}
