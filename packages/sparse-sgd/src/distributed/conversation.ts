/** What workers say to each other round by round: messages of turns, and memories when somebody wants to save. */
import type { Message } from '../compress/message.js';
import type { Precision } from '../feedback/precision.js';
import type { Transport } from '../transport/transport.js';
import { absentFrame, decodeFrames, encodeFrame, isSaveFrame, saveFrame } from './frame.js';

/** What an exchange of a turn gave. */
export interface Exchanged {
  /** The workers whose messages count, ascending. */
  readonly ranks: readonly number[];
  /** Their messages, one list for each group that takes part in the exchange. */
  readonly messages: readonly (readonly Message[])[];
  /** Place of this worker's among them; -1 if the round closed without it. */
  readonly own: number;
}

/** A round, own message in or not. */
interface Round {
  readonly frames: readonly Uint8Array[];
  readonly missed: boolean;
}

/** What the conversation needs to know of the worker. */
export interface Speaker {
  /** Turns done. */
  readonly turns: number;
  readonly precision: Precision;
  /** Lengths of the messages of each exchange of a turn, by group. */
  readonly exchanges: readonly { readonly lengths: readonly number[] }[];
  /** What this worker alone remembers, for somebody who saves. */
  memories(): Uint8Array;
  /** The model between two turns, for somebody who joins. */
  modelState(): Promise<Uint8Array>;
}

/**
 * A worker's side of the conversation. All workers see the same rounds in the same order and take the same from them, so they stay at the same
 * turn; one that is slow catches up on rounds that it missed before it says something again.
 */
export class Conversation {
  /** Bytes of frames that were sent. */
  bytes = 0;
  /** Rounds that this worker was asked in. */
  rounds = 0;
  /** Frames of others that were thrown away. */
  dropped = 0;
  readonly #transport: Transport;
  readonly #speaker: Speaker;
  #warned = false;
  #broken: unknown;

  constructor(transport: Transport, speaker: Speaker) {
    this.#transport = transport;
    this.#speaker = speaker;
  }

  /** Gives the messages of one exchange of a turn, or says nothing; where somebody wants to save instead, does that first. */
  async exchange(number: number, messages: readonly Message[] | undefined): Promise<Exchanged> {
    const { turns, precision } = this.#speaker;
    const { rank } = this.#transport;
    const frame = messages === undefined ? absentFrame : encodeFrame(messages, turns, rank, precision);
    for (;;) {
      if (number === 0) await this.#serveJoiners();
      const round = await this.#round(frame);
      if (number > 0 || !round.frames.some(isSaveFrame)) return this.#read(number, round);
      await this.#giveMemories();
    }
  }

  /** The first exchange of the next turn that went by without this worker. */
  async missed(): Promise<Exchanged | undefined> {
    for (;;) {
      const frames = this.#transport.missed();
      if (frames === undefined) return undefined;
      if (!frames.some(isSaveFrame)) return this.#read(0, { frames, missed: true });
      await this.#giveMemories();
    }
  }

  /** What all workers remember now; or, where a turn went by instead, its first exchange, after which to ask again. */
  async askForMemories(): Promise<{ readonly memories: Uint8Array[] } | Exchanged> {
    await this.#serveJoiners();
    const round = await this.#round(saveFrame);
    return round.frames.some(isSaveFrame) ? { memories: await this.#giveMemories() } : this.#read(0, round);
  }

  async #giveMemories(): Promise<Uint8Array[]> {
    return [...(await this.#round(this.#speaker.memories())).frames];
  }

  async #serveJoiners(): Promise<void> {
    if (this.#transport.stateWanted) await this.#transport.publishState(await this.#speaker.modelState());
  }

  /** One that went by, else one with this frame. What became of a frame whose round failed nobody knows, so nothing comes after that. */
  async #round(frame: Uint8Array): Promise<Round> {
    if (this.#broken !== undefined) throw this.#broken;
    const missed = this.#transport.missed();
    if (missed !== undefined) return { frames: missed, missed: true };
    this.rounds += 1;
    this.bytes += frame.length;
    try {
      return { frames: await this.#transport.allGather(frame), missed: false };
    } catch (error) {
      this.#broken = error;
      throw error;
    }
  }

  #read(number: number, { frames, missed }: Round): Exchanged {
    const { turns, exchanges } = this.#speaker;
    const { ranks, messages, dropped, astray } = decodeFrames(frames, exchanges[number]!.lengths, turns);
    this.dropped += dropped;
    if (astray !== undefined && !this.#warned) {
      this.#warned = true;
      console.warn(
        `DistributedOptimizer: a worker is at turn ${astray}, this one at ${turns}; what it says does not count here. ` +
          'Did all begin with start() or the same loadDistributed()?',
      );
    }
    return { ranks, messages, own: missed ? -1 : ranks.indexOf(this.#transport.rank) };
  }
}
