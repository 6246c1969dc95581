/** The allocator of the WebAssembly heap: blocks in size classes, reused when freed, merged when memory runs short. */
import { OutOfMemoryError } from '../errors.js';

const PAGE = 65536;
const ALIGNMENT = 64;
/** Classes per doubling: a block is at most a quarter larger than what was asked for. */
const STEPS = 4;

/** Smallest class that holds `bytes`, as its size. */
function blockSize(bytes: number): number {
  if (bytes <= ALIGNMENT * STEPS) return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
  const octave = 2 ** (31 - Math.clz32(Math.ceil(bytes / ALIGNMENT) - 1)) * ALIGNMENT;
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
  /** Free blocks by size. */
  readonly #free = new Map<number, number[]>();
  /** Size of each live block by address. */
  readonly #live = new Map<number, number>();
  #inUse = 0;

  constructor(memory: WebAssembly.Memory, start: number, maximum: number) {
    this.#memory = memory;
    this.#top = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
    this.#size = memory.buffer.byteLength;
    this.#maximum = maximum;
  }

  get blocks(): number {
    return this.#live.size;
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
    const address = this.#free.get(size)?.pop() ?? this.#extend(size) ?? this.#takeMerged(size);
    if (address === undefined) throw this.#outOfMemory(bytes);
    this.#live.set(address, size);
    this.#inUse += size;
    return address;
  }

  release(address: number): void {
    const size = this.#live.get(address);
    if (size === undefined) return;
    this.#live.delete(address);
    this.#inUse -= size;
    this.#push(address, size);
  }

  #push(address: number, size: number): void {
    const list = this.#free.get(size);
    if (list) list.push(address);
    else this.#free.set(size, [address]);
  }

  /** A block beyond the top, growing the memory if it must; undefined where it cannot grow. */
  #extend(size: number): number | undefined {
    const end = this.#top + size;
    if (end > this.#size && !this.#grow(end)) return undefined;
    const address = this.#top;
    this.#top = end;
    return address;
  }

  #grow(end: number): boolean {
    const limit = this.#maximum;
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

  /** Merges neighbouring free blocks, gives the last ones back to the top, and takes the first span that fits. */
  #takeMerged(size: number): number | undefined {
    const blocks = [...this.#free].flatMap(([length, list]) => list.map((at) => ({ at, length })));
    blocks.sort((a, b) => a.at - b.at);
    const spans: { at: number; length: number }[] = [];
    for (const block of blocks) {
      const last = spans.at(-1);
      if (last && last.at + last.length === block.at) last.length += block.length;
      else spans.push({ ...block });
    }
    this.#free.clear();
    const last = spans.at(-1);
    if (last && last.at + last.length === this.#top) {
      spans.pop();
      this.#top = last.at;
    }
    let found: number | undefined;
    for (const span of spans) {
      if (found === undefined && span.length >= size) {
        found = span.at;
        if (span.length > size) this.#push(span.at + size, span.length - size);
      } else this.#push(span.at, span.length);
    }
    return found ?? this.#extend(size);
  }

  #outOfMemory(bytes: number): OutOfMemoryError {
    const mebibytes = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MiB`;
    return new OutOfMemoryError(
      `out of memory: asked for ${mebibytes(bytes)} with ${mebibytes(this.#inUse)} in use in ` +
        `${this.#live.size} blocks, of at most ${mebibytes(this.#maximum)}; dispose tensors or work in a scope`,
      bytes,
      this.#inUse,
    );
  }
}
