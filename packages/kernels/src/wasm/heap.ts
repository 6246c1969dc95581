/** The allocator of the WebAssembly heap: blocks in size classes, reused when freed, merged before the memory grows. */
import { OutOfMemoryError } from '../errors.js';

const PAGE = 65536;
const ALIGNMENT = 64;
/** Classes per doubling: a block is at most a quarter larger than what was asked for. */
const STEPS = 4;
/** Freed blocks are merged rather than the memory grown once they hold this part of it, and so many bytes: merging takes as long as thousands of small kernels. */
const MERGE_FROM = 1 / 4;
const MERGE_LEAST = 2 ** 22;

/** Free bytes that no size class claims. */
interface Span {
  at: number;
  length: number;
}

/**
 * The smallest class that holds `bytes`. Classes 0 to 3 are 1 to 4 units of 64 bytes; each doubling after them has four.
 * Counting them costs less than a Map by size, and what a block was asked for with tells its class when it comes back.
 */
function classOf(bytes: number): number {
  const units = Math.ceil(bytes / ALIGNMENT);
  if (units <= STEPS) return units > 0 ? units - 1 : 0;
  const octave = 31 - Math.clz32(units - 1);
  return (octave - 1) * STEPS + Math.ceil(units / 2 ** (octave - 2)) - STEPS - 1;
}

/** Bytes of a block of a class. */
function sizeOfClass(index: number): number {
  if (index < STEPS) return (index + 1) * ALIGNMENT;
  const octave = Math.floor(index / STEPS) + 1;
  return (STEPS + 1 + (index % STEPS)) * 2 ** (octave - 2) * ALIGNMENT;
}

/** Classes up to blocks of 4 GiB. */
const CLASSES = classOf(2 ** 32) + 1;

/** Blocks of a growable memory. Addresses are plain numbers below 2^32. */
export class Heap {
  readonly #memory: WebAssembly.Memory;
  readonly #maximum: number;
  /** First byte that was never handed out. */
  #top: number;
  #size: number;
  /** Addresses of the free blocks of each class, and the bytes in all of them. */
  readonly #free: readonly number[][] = Array.from({ length: CLASSES }, () => []);
  #freed = 0;
  /** What merging left, by address: blocks of any size are cut from it. */
  #spans: Span[] = [];
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
    const index = classOf(bytes);
    const size = sizeOfClass(index);
    const address = this.#reuse(index, size) ?? this.#cut(size) ?? this.#makeRoom(size);
    if (address === undefined) throw this.#outOfMemory(bytes);
    this.#blocks += 1;
    this.#inUse += size;
    return address;
  }

  /** Takes a block back, once. @param bytes what it was asked for with */
  release(address: number, bytes: number): void {
    const index = classOf(bytes);
    const size = sizeOfClass(index);
    this.#blocks -= 1;
    this.#inUse -= size;
    this.#freed += size;
    this.#free[index]?.push(address);
  }

  /** A freed block of the very class. */
  #reuse(index: number, size: number): number | undefined {
    const address = this.#free[index]?.pop();
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
    if (this.#top + size > Math.min(this.#size, this.#maximum)) return undefined;
    this.#top += size;
    return this.#top - size;
  }

  /** Merges freed blocks if that gives much, grows the memory, or merges after all. */
  #makeRoom(size: number): number | undefined {
    if (this.#freed >= Math.max(MERGE_LEAST, this.#size * MERGE_FROM)) {
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
    for (const [index, list] of this.#free.entries()) {
      for (const at of list) parts.push({ at, length: sizeOfClass(index) });
      list.length = 0;
    }
    parts.sort((a, b) => a.at - b.at);
    const spans: Span[] = [];
    for (const part of parts) {
      const last = spans.at(-1);
      if (last && last.at + last.length === part.at) last.length += part.length;
      else spans.push(part);
    }
    this.#freed = 0;
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
