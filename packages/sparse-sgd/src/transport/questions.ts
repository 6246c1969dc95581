/** What a member has asked its hub, until it is answered. */
import type { ToHub } from './hub-messages.js';

interface Question {
  readonly message: ToHub;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions by a key that the answer has as well, in the order in which they were asked. */
export class Questions {
  readonly #open = new Map<string, Question>();

  /** What is to be said again on a new connection. */
  get messages(): ToHub[] {
    return [...this.#open.values()].map(({ message }) => message);
  }

  /** Resolves to the answer. Whoever calls says the message. */
  ask<T>(key: string, message: ToHub): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#open.set(key, { message, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** Answers, unless nobody asked: answers may come twice. */
  answer(key: string, value: unknown): void {
    this.#open.get(key)?.resolve(value);
    this.#open.delete(key);
  }

  /** There will be no answers. */
  reject(error: Error): void {
    for (const question of this.#open.values()) question.reject(error);
    this.#open.clear();
  }
}
