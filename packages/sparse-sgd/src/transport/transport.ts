/** What connects the workers of a job. */

/** A worker that others no longer hear from, or hear from again. */
export interface PeerEvent {
  readonly rank: number;
  /** Round in which it was given up or came back. */
  readonly round: number;
  readonly state: 'lost' | 'back' | 'joined';
}

/** What was received, and what was thrown away and why. */
export interface TransportCounts {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Rounds that are complete. */
  readonly rounds: number;
  /** Rounds that closed without this worker's message. */
  readonly missed: number;
  /** Entries that were thrown away: a round that was over, one that was there already, what is no entry at all. */
  readonly dropped: { readonly late: number; readonly duplicate: number; readonly malformed: number };
}

/** The model as of the beginning of a round, for a worker that joins late. */
export interface JobState {
  readonly round: number;
  readonly bytes: Uint8Array;
}

/**
 * The workers of a job talk in rounds: each gives one message, all get the same list. All members see all rounds in the same
 * order, so those that do the same with the same lists stay alike.
 */
export interface Transport {
  /** This worker's number, from 0; kept through reconnections. */
  readonly rank: number;
  /** Workers that belong to the job, lost ones included. */
  readonly size: number;
  /** The round that the next `allGather` belongs to. */
  readonly round: number;
  /** Workers that rounds wait for. */
  readonly present: readonly number[];
  /** The settings that whoever created the job gave; the same for all. */
  readonly job: Uint8Array;
  readonly counts: TransportCounts;
  /**
   * Gives this worker's message; resolves to those of all that took part, in the order of their ranks (see `lastRanks`). Its own is not among
   * them if the round closed without it: then it was too late. Messages are at most 255 MiB. The bytes given may be changed when the
   * promise is settled; those that come back are not to be written to.
   *
   * @throws {SaccadeError} `timeout` if there are not enough for a quorum for as long as `patience`: calling it again goes on waiting for the
   * same round, whatever the message; `io` when the log is lost for good, `closed` after `close`
   */
  allGather(message: Uint8Array): Promise<Uint8Array[]>;
  /** The ranks whose messages the last round had, in its order. */
  readonly lastRanks: readonly number[];
  /**
   * The messages of the next round that closed while this worker was not waiting for it, as the others saw it; undefined if there is none.
   * `lastRanks` says whose they are. Take these before the next message: `allGather` gives the oldest one otherwise, and sends nothing.
   */
  missed(): Uint8Array[] | undefined;
  /**
   * Everybody gets the root's message. A round.
   *
   * @param root default: 0 @throws {SaccadeError} as `allGather`, and `io` if the round closed without the root
   */
  broadcast(message: Uint8Array | undefined, root?: number): Promise<Uint8Array>;
  /** Resolves once all have come here. A round. @throws {SaccadeError} as `allGather` */
  barrier(): Promise<void>;
  /** Whether this worker is the one that owes somebody the state of the model, as of the beginning of the present `round`. */
  readonly stateWanted: boolean;
  /** Lays the state of the model, as of the beginning of the present `round`, down for those who join late. The bytes are copied at once. */
  publishState(bytes: Uint8Array): Promise<void>;
  /** The state that this worker, which came late, begins with; undefined for those that were there from the beginning. Rounds since then wait in `missed`. */
  readonly initialState: JobState | undefined;
  /** Calls back when a worker is lost, comes back, or joins. @returns a function that ends this */
  onPeerLost(listener: (event: PeerEvent) => void): () => void;
  /** Leaves the job: the others do not wait for this worker any more, and it takes no part again. The log goes with the last one. */
  close(): Promise<void>;
}
