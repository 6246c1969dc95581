/** What collaborative attention has seen so far: one key for all heads, R + H numbers a token, and the values. */
import { concat, dispose, keep, type Tensor } from '@saccade/tensor';

/** What attention needs of the tokens that it looks at. */
export interface SharedKeys {
  /** [batch, length, shared dims]. */
  readonly key: Tensor;
  /** [batch, length, heads]; undefined for layers without a content bias. */
  readonly contentBias: Tensor | undefined;
  /** [batch, heads, length, value dims of a head]. */
  readonly value: Tensor;
}

/** Keys, content biases and values of the tokens before; lives until `dispose`. For inference: no gradient goes back through it. */
export class SharedKeyCache {
  #held: SharedKeys | undefined;

  /** Tokens that are held. */
  get length(): number {
    return this.#held?.key.shape[1] ?? 0;
  }

  /** Numbers that are held for each token and sequence, without its values: R + H, where ordinary heads keep heads x dims. */
  get keyFloats(): number {
    const { key, contentBias } = this.#held ?? {};
    return (key?.shape[2] ?? 0) + (contentBias?.shape[2] ?? 0);
  }

  /** All tokens with new ones at the end; the cache stays as it is. @throws {ShapeError} if batch or dims differ */
  with(next: SharedKeys): SharedKeys {
    const held = this.#held;
    if (held === undefined) return next;
    const joined = held.contentBias && next.contentBias && concat([held.contentBias, next.contentBias], 1);
    return {
      key: concat([held.key, next.key], 1),
      contentBias: joined,
      value: concat([held.value, next.value], 2),
    };
  }

  /** Takes over all tokens, as `with` gave them. */
  store({ key, contentBias, value }: SharedKeys): void {
    const copy = (t: Tensor): Tensor => keep(t.reshape(t.shape));
    const next = { key: copy(key), contentBias: contentBias && copy(contentBias), value: copy(value) };
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
