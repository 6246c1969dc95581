/** Memory of a GPU, used and kept for reuse: making buffers and textures costs more than most kernels. */

/** What is free is kept up to so many bytes. */
const KEEP_BYTES = 256 * 2 ** 20;

/** Buffers or textures; those of one kind can stand for each other. */
export class Pool<T> {
  readonly #destroy: (item: T) => void;
  readonly #free = new Map<string | number, T[]>();
  /** All that exist, used and free. */
  readonly #all = new Set<T>();
  #kept = 0;
  /** Bytes of all that exist. */
  reserved = 0;

  constructor(destroy: (item: T) => void) {
    this.#destroy = destroy;
  }

  /** One of the kind, with undefined contents: a free one, else a new one. */
  take(kind: string | number, bytes: number, make: () => T): T {
    const free = this.#free.get(kind)?.pop();
    if (free !== undefined) {
      this.#kept -= bytes;
      return free;
    }
    const made = make();
    this.#all.add(made);
    this.reserved += bytes;
    return made;
  }

  give(kind: string | number, bytes: number, item: T): void {
    if (this.#kept + bytes > KEEP_BYTES) {
      this.#all.delete(item);
      this.reserved -= bytes;
      this.#destroy(item);
      return;
    }
    const list = this.#free.get(kind);
    if (list) list.push(item);
    else this.#free.set(kind, [item]);
    this.#kept += bytes;
  }

  /** Destroys all, used and free. */
  destroy(): void {
    for (const item of this.#all) this.#destroy(item);
    this.#all.clear();
  }
}
