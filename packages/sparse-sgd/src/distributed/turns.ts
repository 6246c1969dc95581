/** Taking turns: from this worker's gradients to the step that all workers do alike. */
import type { Message, Vector } from '../compress/message.js';
import type { Gathered } from '../feedback/feedback.js';
import { meetings } from '../feedback/meeting.js';
import { messageBits } from '../wire/paper-bits.js';
import type { Conversation, Exchanged } from './conversation.js';
import type { Replica } from './replica.js';

/** A worker's turns. */
export class Turns {
  /** Turns in which this worker gave a gradient. */
  given = 0;
  /** Bits of what it gave, as the paper counts them. */
  paperBits = 0;
  readonly #replica: Replica;
  readonly #conversation: Conversation;

  constructor(replica: Replica, conversation: Conversation) {
    this.#replica = replica;
    this.#conversation = conversation;
  }

  /** Does the turns that went by without this worker. */
  async catchUp(): Promise<void> {
    for (;;) {
      const first = await this.#conversation.missed();
      if (first === undefined) return;
      await this.#sitOut(first);
    }
  }

  /** The next turn, with nothing of this worker. */
  async skip(): Promise<void> {
    await this.#sitOut(await this.#conversation.exchange(0, undefined));
  }

  /** The next turn, with one vector for each group. */
  async take(vectors: readonly Vector[]): Promise<void> {
    const replica = this.#replica;
    let first: Exchanged | undefined;
    const attend = replica.exchanges.map(({ streams }, exchange) =>
      meetings<Message, Gathered>(streams.length, async (messages) => {
        const exchanged = await this.#conversation.exchange(exchange, messages);
        for (const message of messages) this.paperBits += messageBits(message);
        first ??= exchanged;
        return this.#gathered(exchanged, first);
      }),
    );
    const directions = await Promise.all(
      vectors.map((vector, stream) => {
        let exchange = 0;
        return replica.feedbacks[stream]!.reduce(vector, replica.turn(stream), (message) => {
          const party = replica.exchanges[exchange]!.streams.indexOf(stream);
          return attend[exchange++]!(party, message);
        });
      }),
    );
    this.given += 1;
    replica.finish(first!.ranks, directions);
  }

  /** What all workers remember, at a moment between two turns. */
  async memories(): Promise<Uint8Array[]> {
    for (;;) {
      await this.catchUp();
      const asked = await this.#conversation.askForMemories();
      if ('memories' in asked) return asked.memories;
      await this.#sitOut(asked);
    }
  }

  /** The rest of a turn whose first exchange had nothing of this worker. */
  async #sitOut(first: Exchanged): Promise<void> {
    const { feedbacks, exchanges } = this.#replica;
    const gathered = feedbacks.map((): Gathered[] => []);
    for (const [exchange, { streams }] of exchanges.entries()) {
      const exchanged = exchange === 0 ? first : await this.#conversation.exchange(exchange, undefined);
      const all = this.#gathered(exchanged, first);
      for (const [party, stream] of streams.entries()) gathered[stream]!.push(all[party]!);
    }
    const directions = feedbacks.map((feedback, stream) => feedback.absorb(gathered[stream]!));
    this.#replica.finish(first.ranks, directions);
  }

  /** What an exchange gave, for each group that takes part in it. */
  #gathered({ messages, own }: Exchanged, first: Exchanged): Gathered[] {
    const before = this.#replica.ranks;
    // A turn without anybody says nothing about who is there.
    const changed = before !== undefined && first.ranks.length > 0 && before.join() !== first.ranks.join();
    return messages.map((list) => ({ messages: list, own: list[own], changed }));
  }
}
