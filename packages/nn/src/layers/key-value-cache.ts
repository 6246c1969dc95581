/** What attention has seen so far, for models that read or write one token after another. */
import { concat, dispose, keep, scope, type Tensor } from '@saccade/tensor';

/** Keys and values [batch, heads, length, channels] of the tokens before; lives until `dispose`. */
export class KeyValueCache {
  #key: Tensor | undefined;
  #value: Tensor | undefined;

  /** Tokens that are held. */
  get length(): number {
    return this.#key?.shape[2] ?? 0;
  }

  /** Adds tokens at the end and returns all. @throws {ShapeError} if batch, heads or channels differ from those held */
  append(key: Tensor, value: Tensor): { readonly key: Tensor; readonly value: Tensor } {
    const joined = scope(() => ({
      key: this.#key === undefined ? key.reshape(key.shape) : concat([this.#key, key], 2),
      value: this.#value === undefined ? value.reshape(value.shape) : concat([this.#value, value], 2),
    }));
    this.dispose();
    this.#key = keep(joined.key);
    this.#value = keep(joined.value);
    return joined;
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
