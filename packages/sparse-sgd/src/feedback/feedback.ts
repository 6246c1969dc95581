/** What one worker does with its gradients so that nothing is lost for good: what it sends, what it keeps, what it makes of all messages. */
import type { Rng } from '@saccade/tensor';
import type { Message, Vector } from '../compress/message.js';

/** What came back of one exchange. */
export interface Gathered {
  /** The messages of all workers that took part, in the order of their ranks; the same on every worker. */
  readonly messages: readonly Message[];
  /** One's own as it is among them, rounded as it travelled; undefined if a round closed without it. */
  readonly own: Message | undefined;
  /** Whether other workers took part than in the turn before; the same on every worker. False in the first turn. */
  readonly changed: boolean;
}

/** Sends a message and gives those of everybody. */
export type Gather = (message: Message) => Promise<Gathered>;

/** A vector of the model (a tensor, a bucket, all of it) at one step. */
export interface Turn {
  /** Step of the training, from 0. */
  readonly step: number;
  /** Number of the vector within the model, from 0. */
  readonly stream: number;
  /** This worker's random numbers for the turn. */
  readonly rng: Rng;
}

/** Vectors by name. */
export type FeedbackState = Readonly<Record<string, Vector>>;

/**
 * One worker's half of an algorithm, for one vector. Nothing that it remembers changes before all of a turn's exchanges came
 * back, so a turn that fails can be done again.
 */
export interface Feedback {
  /** Length of the messages of each exchange of a turn: one, or two for PowerSGD. */
  readonly lengths: readonly number[];
  /**
   * What this worker alone remembers, entry by entry of the vector: `memory` is what it has not sent yet. The arrays are the
   * feedback's own.
   */
  readonly state: FeedbackState;
  /** What all workers remember alike: `mean`, entry by entry, for EF21; `q`, of another length, for PowerSGD. */
  readonly shared: FeedbackState;
  /**
   * Compresses the gradient, exchanges, and gives the direction to move against: the same on every worker. The array is the
   * feedback's own, and another one's after the next turn.
   * @throws {ShapeError} for another length @throws {NonFiniteError} for NaN and infinity
   */
  reduce(gradient: Vector, turn: Turn, gather: Gather): Promise<Vector>;
  /** The direction of a turn that closed without this worker, as `reduce` gives it; what it remembers alone stays. */
  absorb(exchanges: readonly Gathered[]): Vector;
  /** Adds to `state` what a worker that left had not sent yet, or what was read from a check point; what is not named stays. */
  restore(state: FeedbackState): void;
  /** Takes over what the others have in `shared`; what is not named stays. */
  adopt(shared: FeedbackState): void;
}
