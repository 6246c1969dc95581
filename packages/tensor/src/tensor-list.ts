/** The tensors of a scope, as a list threaded through them: scopes come and go too often for sets. */
import type { Tensor } from './tensor.js';

/** A doubly linked list; a tensor is in one list at most. */
export class TensorList {
  #first: Tensor | undefined;

  add(t: Tensor): void {
    t.previous = undefined;
    t.next = this.#first;
    if (this.#first !== undefined) this.#first.previous = t;
    this.#first = t;
  }

  delete(t: Tensor): void {
    if (t.previous === undefined) this.#first = t.next;
    else t.previous.next = t.next;
    if (t.next !== undefined) t.next.previous = t.previous;
    t.previous = undefined;
    t.next = undefined;
  }

  /** Newest first. The visitor may delete the tensor that it visits. */
  forEach(visit: (t: Tensor) => void): void {
    for (let t = this.#first; t !== undefined; ) {
      const { next } = t;
      visit(t);
      t = next;
    }
  }
}
