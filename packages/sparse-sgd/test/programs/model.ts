// What the workers of the tests train: a check sum over all messages of all rounds. A round that is lost, doubled or moved changes it.
import { crc32 } from '@saccade/tensor';
import { message } from './message.js';

/** The model. */
export class ChainModel {
  #sum = 0;
  #rounds = 0;

  /** The model as bytes. */
  get bytes(): Uint8Array {
    return new Uint8Array(new Uint32Array([this.#sum, this.#rounds]).buffer);
  }

  get sum(): number {
    return this.#sum;
  }

  /** Rounds that were applied. */
  get rounds(): number {
    return this.#rounds;
  }

  load(bytes: Uint8Array): void {
    [this.#sum, this.#rounds] = new Uint32Array(bytes.slice().buffer) as unknown as [number, number];
  }

  /** @throws if a message is not what that worker had to send in this round */
  apply(ranks: readonly number[], messages: readonly Uint8Array[]): void {
    const all = new Uint8Array(4 + messages.reduce((sum, bytes) => sum + bytes.length, 0));
    new DataView(all.buffer).setUint32(0, this.#sum);
    let at = 4;
    for (const [index, bytes] of messages.entries()) {
      const expected = message(ranks[index]!, this.#rounds, bytes.length);
      if (crc32(expected) !== crc32(bytes)) throw new Error(`round ${this.#rounds}: a message is wrong`);
      all.set(bytes, at);
      at += bytes.length;
    }
    this.#sum = crc32(all);
    this.#rounds++;
  }
}
