/** The allocator of the WebAssembly heap: blocks in size classes, reused when freed, merged before the memory grows. */
import { OutOfMemoryError } from '../errors.js';

const PAGE = 65536;
const ALIGNMENT = 64;
/** Classes per doubling: a block is at most a quarter larger than what was asked for. */
const STEPS = 4;
/** Freed blocks are merged rather than the memory grown once they hold this part of it. */
const MERGE_FROM = 1 / 4;

/** Free bytes that no size class claims. */
interface Span {
  at: number;
  length: number;
}

/** Smallest class that holds `bytes`, as its size. */
function blockSize(bytes: number): number {
  if (bytes <= ALIGNMENT * STEPS) return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
  const octave = (1 << (31 - Math.clz32(Math.ceil(bytes / ALIGNMENT) - 1))) * ALIGNMENT;
  const step = Math.max(ALIGNMENT, octave / STEPS);
  return Math.ceil(bytes / step) * step;
}

/** Blocks of a growable memory. Addresses are plain numbers below 2^32. */
export class Heap {
  readonly #memory: WebAssembly.Memory;
  readonly #maximum: number;
  /** First byte that was never handed out. */
  #top: number;
  #size: number;
  /** Free blocks by size, and the bytes in all of them. */
  readonly #free = new Map<number, number[]>();
  #freed = 0;
  /** What merging left, by address: blocks of any size are cut from it. */
  #spans: Span[] = [];
  /** Size of each block by address, 0 once it is freed: a Map that deletes all the time is slow. */
  #sizes = new Map<number, number>();
  #blocks = 0;
  #inUse = 0;

  constructor(memory: WebAssembly.Memory, start: number, maximum: number) {
    this.#memory = memory;
    this.#top = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
    this.#size = memory.buffer.byteLength;
    this.#maximum = maximum;
  }

  get blocks(): number {
    return this.#blocks;
  }

  get inUse(): number {
    return this.#inUse;
  }

  get reserved(): number {
    return this.#size;
  }

  /** The address of `bytes` bytes, aligned to 64. @throws {OutOfMemoryError} */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    const address = this.#reuse(size) ?? this.#cut(size) ?? this.#makeRoom(size);
    if (address === undefined) throw this.#outOfMemory(bytes);
    this.#sizes.set(address, size);
    this.#blocks += 1;
    this.#inUse += size;
    return address;
  }

  release(address: number): void {
    const size = this.#sizes.get(address);
    if (!size) return;
    this.#sizes.set(address, 0);
    this.#blocks -= 1;
    this.#inUse -= size;
    this.#push(address, size);
  }

  #push(address: number, size: number): void {
    const list = this.#free.get(size);
    if (list) list.push(address);
    else this.#free.set(size, [address]);
    this.#freed += size;
  }

  /** A freed block of the very size. */
  #reuse(size: number): number | undefined {
    const address = this.#free.get(size)?.pop();
    if (address !== undefined) this.#freed -= size;
    return address;
  }

  /** A block from the first span that holds it, else from beyond the top of the memory there is. */
  #cut(size: number): number | undefined {
    for (let i = 0; i < this.#spans.length; i++) {
      const span = this.#spans[i] as Span;
      if (span.length < size) continue;
      const address = span.at;
      span.at += size;
      span.length -= size;
      if (span.length === 0) this.#spans.splice(i, 1);
      return address;
    }
    if (this.#top + size > this.#size) return undefined;
    this.#top += size;
    return this.#top - size;
  }

  /** Merges freed blocks if that gives much, grows the memory, or merges after all. */
  #makeRoom(size: number): number | undefined {
    if (this.#freed >= this.#size * MERGE_FROM) {
      this.#merge();
      const address = this.#cut(size);
      if (address !== undefined) return address;
    }
    if (!this.#grow(this.#top + size)) {
      this.#merge();
      this.#grow(this.#top + size);
    }
    return this.#cut(size);
  }

  /** Whether the memory reaches to `end` now. */
  #grow(end: number): boolean {
    const limit = this.#maximum;
    if (end <= this.#size) return true;
    if (end > limit) return false;
    // Ask for half as much again, so that growing stays rare; then for just enough.
    for (const wish of [Math.min(limit, Math.max(end, this.#size * 1.5)), end]) {
      const pages = Math.ceil(wish / PAGE) - this.#size / PAGE;
      try {
        this.#memory.grow(pages);
        this.#size += pages * PAGE;
        return true;
      } catch {
        // The host refused; try less.
      }
    }
    return false;
  }

  /** Makes spans of all that is free, and gives the last one back to the top. */
  #merge(): void {
    const parts = this.#spans;
    for (const [length, list] of this.#free) for (const at of list) parts.push({ at, length });
    parts.sort((a, b) => a.at - b.at);
    const spans: Span[] = [];
    for (const part of parts) {
      const last = spans.at(-1);
      if (last && last.at + last.length === part.at) last.length += part.length;
      else spans.push(part);
    }
    this.#free.clear();
    this.#freed = 0;
    this.#sizes = new Map([...this.#sizes].filter(([, size]) => size > 0));
    const last = spans.at(-1);
    if (last && last.at + last.length === this.#top) {
      spans.pop();
      this.#top = last.at;
    }
    this.#spans = spans;
  }

  #outOfMemory(bytes: number): OutOfMemoryError {
    const mebibytes = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MiB`;
    return new OutOfMemoryError(
      `out of memory: asked for ${mebibytes(bytes)} with ${mebibytes(this.#inUse)} in use in ` +
        `${this.#blocks} blocks, of at most ${mebibytes(this.#maximum)}; dispose tensors or work in a scope`,
      bytes,
      this.#inUse,
    );
  }
}
