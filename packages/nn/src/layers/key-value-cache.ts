/** What attention has seen so far, for models that read or write one token after another. */
import { concat, dispose, keep, type Tensor } from '@saccade/tensor';

/** Keys and values [batch, heads, length, channels]. */
export interface KeyValues {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** Keys and values of the tokens before; lives until `dispose`. */
export class KeyValueCache {
  #held: KeyValues | undefined;

  /** Tokens that are held. */
  get length(): number {
    return this.#held?.key.shape[2] ?? 0;
  }

  /** All tokens with new ones at the end; the cache stays as it is. @throws {ShapeError} if batch, heads or channels differ */
  with(key: Tensor, value: Tensor): KeyValues {
    const held = this.#held;
    if (held === undefined) return { key, value };
    return { key: concat([held.key, key], 2), value: concat([held.value, value], 2) };
  }

  /** Takes over all tokens, as `with` gave them. */
  store({ key, value }: KeyValues): void {
    const next = keep({ key: key.reshape(key.shape), value: value.reshape(value.shape) });
    this.dispose();
    this.#held = next;
  }

  /** Forgets all tokens and frees their memory; the cache can be used again. */
  dispose(): void {
    dispose(this.#held);
    this.#held = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
