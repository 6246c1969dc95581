/** What attention has seen so far, for models that read or write one token after another. */
import { concat, dispose, keep, type Tensor } from '@saccade/tensor';

/** Keys and values [batch, heads, length, channels]. */
export interface KeyValues {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** Keys and values of the tokens before; lives until `dispose`. */
export class KeyValueCache {
  #key: Tensor | undefined;
  #value: Tensor | undefined;

  /** Tokens that are held. */
  get length(): number {
    return this.#key?.shape[2] ?? 0;
  }

  /** All tokens with new ones at the end; the cache stays as it is. @throws {ShapeError} if batch, heads or channels differ */
  with(key: Tensor, value: Tensor): KeyValues {
    return {
      key: this.#key === undefined ? key : concat([this.#key, key], 2),
      value: this.#value === undefined ? value : concat([this.#value, value], 2),
    };
  }

  /** Takes over all tokens, as `with` gave them. */
  store({ key, value }: KeyValues): void {
    const [newKey, newValue] = keep([key.reshape(key.shape), value.reshape(value.shape)]);
    this.dispose();
    this.#key = newKey;
    this.#value = newValue;
  }

  /** Forgets all tokens and frees their memory; the cache can be used again. */
  dispose(): void {
    dispose([this.#key, this.#value]);
    this.#key = undefined;
    this.#value = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
