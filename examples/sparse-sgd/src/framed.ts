/** What messages weigh where a frame has several steps. */
import {
  type Compressor,
  encodedBytes,
  type Message,
  type Occasion,
  parseCompressor,
  type Vector,
} from '@saccade/sparse-sgd';
import type { Rng } from '@saccade/tensor';

/** A compressor by its name that also weighs its messages, one a step, in frames of so many consecutive steps. */
export class Framed implements Compressor {
  readonly #inner: Compressor;
  readonly #steps: number;
  #waiting: Message[] = [];
  /** Bytes of the frames that are closed, one after another: a sum for each. */
  readonly #sums: number[] = [0];

  constructor(name: string, steps: number) {
    this.#inner = parseCompressor(name);
    this.#steps = steps;
  }

  get name(): string {
    return this.#inner.name;
  }

  get unbiased(): boolean {
    return this.#inner.unbiased;
  }

  contraction(length: number): number | undefined {
    return this.#inner.contraction(length);
  }

  compress(vector: Vector, rng: Rng, occasion: Occasion): Message {
    const message = this.#inner.compress(vector, rng, occasion);
    this.#waiting.push(message);
    if (this.#waiting.length === this.#steps) this.#close();
    return message;
  }

  #close(): void {
    const step = (this.#sums.length - 1) * this.#steps;
    this.#sums.push(this.#sums.at(-1)! + encodedBytes(this.#waiting, { step }));
    this.#waiting = [];
  }

  /** Bytes of all frames, with heads and checksums, that the first `steps` steps need, once the run is over. Frames are sent whole. */
  bytesOf(steps: number): number {
    if (this.#waiting.length > 0) this.#close();
    return this.#sums[Math.ceil(steps / this.#steps)]!;
  }
}
