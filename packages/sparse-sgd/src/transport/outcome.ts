/** What comes out of a round machine. */
import type { JoinRequest } from './join-request.js';
import type { Member } from './members.js';
import type { PeerEvent } from './transport.js';

/** A round that is over. */
export interface CompletedRound {
  readonly round: number;
  /** Who contributed, ascending. */
  readonly ranks: readonly number[];
  /** Their messages in this order. */
  readonly messages: readonly Uint8Array[];
}

/** What an entry brought about. */
export interface Outcome {
  /** The round that it ended. */
  readonly completed?: CompletedRound;
  readonly events: readonly PeerEvent[];
}

/** All that a machine knows at the beginning of a round. */
export interface MachineSnapshot {
  /** Of the last entry that went in. */
  readonly position: number;
  readonly round: number;
  readonly request: JoinRequest;
  /** Position of the last `join` that no `state` followed; 0 if there is none. */
  readonly owed: number;
  readonly members: readonly Member[];
}
