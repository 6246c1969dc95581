/** The heap: blocks never overlap, freed ones serve again, and out of memory leaves it working. */
import { OutOfMemoryError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Heap } from '../src/wasm/heap.js';

const PAGE = 65536;
const START = 8192;

function newHeap(maximumPages: number): Heap {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages });
  return new Heap(memory, START, maximumPages * PAGE);
}

/** One step of a program: ask for bytes, or give back one of the live blocks. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ bytes: fc.oneof(fc.nat(500), fc.nat(20_000), fc.nat(2 * PAGE)) }) },
  { weight: 2, arbitrary: fc.record({ release: fc.nat() }) },
);

test('live blocks are aligned, inside the memory and never overlap, whatever is asked and released', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 300 }), (program) => {
      const heap = newHeap(8);
      const live: { at: number; bytes: number }[] = [];
      for (const { bytes, release } of program as { bytes?: number; release?: number }[]) {
        if (bytes !== undefined) {
          let at: number;
          try {
            at = heap.allocate(bytes);
          } catch (error) {
            assert.instance(error, OutOfMemoryError);
            continue;
          }
          assert.is(at % 64, 0);
          assert.ok(at >= START && at + bytes <= heap.reserved && heap.reserved <= 8 * PAGE);
          for (const other of live) assert.ok(at + Math.max(1, bytes) <= other.at || other.at + other.bytes <= at);
          live.push({ at, bytes: Math.max(1, bytes) });
        } else if (live.length > 0) {
          const [block] = live.splice((release as number) % live.length, 1) as [{ at: number; bytes: number }];
          heap.release(block.at, block.bytes);
        }
        assert.is(heap.blocks, live.length);
        const wanted = live.reduce((sum, block) => sum + block.bytes, 0);
        assert.ok(heap.inUse >= wanted && heap.inUse <= 1.25 * wanted + 64 * live.length);
      }
      for (const { at, bytes } of live) heap.release(at, bytes);
      assert.is(heap.inUse, 0);
      assert.is(heap.blocks, 0);
      // All of it is free again, and in one piece.
      heap.allocate(7 * PAGE);
    }),
    { numRuns: 200 },
  );
});

test('a freed block serves the next request of its size', () => {
  const heap = newHeap(8);
  const first = heap.allocate(1000);
  heap.allocate(1000);
  heap.release(first, 1000);
  assert.is(heap.allocate(990), first);
});

test('a program that repeats itself does not grow the memory', () => {
  const heap = newHeap(64);
  let reserved = 0;
  for (let round = 0; round < 1000; round++) {
    const blocks = [100, 5000, 40_000, 300, 5000].map((bytes) => ({ at: heap.allocate(bytes), bytes }));
    for (const { at, bytes } of blocks) heap.release(at, bytes);
    if (round === 0) reserved = heap.reserved;
  }
  assert.is(heap.reserved, reserved);
});

test('freed blocks of other sizes are merged rather than the memory grown without end', () => {
  const heap = newHeap(8192);
  // Each size is new, so no freed block fits as it is: without merging this takes some 200 MiB.
  for (let bytes = 200_000; bytes < 3_000_000; bytes += 400) heap.release(heap.allocate(bytes), bytes);
  assert.ok(heap.reserved < 320 * PAGE, `${heap.reserved / PAGE} pages`);
});

test('neighbours merge when the memory cannot grow', () => {
  const heap = newHeap(2);
  const blocks = Array.from({ length: 28 }, () => heap.allocate(4096));
  for (const block of blocks.slice(0, -1)) heap.release(block, 4096);
  assert.is(heap.allocate(90_000), blocks[0]);
});

test('out of memory says what was asked and what is in use, and leaves the heap working', () => {
  const heap = newHeap(4);
  const block = heap.allocate(2 * PAGE);
  const error = assertThrows(
    () => heap.allocate(3 * PAGE),
    OutOfMemoryError,
    /asked for 0\.2 MiB with 0\.1 MiB in use/,
  );
  assert.is((error as OutOfMemoryError).requested, 3 * PAGE);
  assert.is((error as OutOfMemoryError).inUse, heap.inUse);
  assert.is((error as OutOfMemoryError).code, 'out-of-memory');
  heap.release(block, 2 * PAGE);
  heap.allocate(3 * PAGE);
});

test('a host that refuses to grow is the same as no memory', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const heap = new Heap(memory, START, 64 * PAGE); // more than the memory itself allows
  assertThrows(() => heap.allocate(4 * PAGE), OutOfMemoryError);
  heap.allocate(PAGE);
});

test('a size class holds what is asked and is at most a quarter larger, up to 4 GiB', () => {
  const heap = new Heap(new WebAssembly.Memory({ initial: 1, maximum: 65536 }), START, 2 ** 32);
  for (const bytes of [0, 1, 64, 65, 256, 257, 4095, 4097, 2 ** 20 + 1, 2 ** 27 + 1]) {
    const before = heap.inUse;
    const at = heap.allocate(bytes);
    const size = heap.inUse - before;
    assert.ok(size >= bytes && size <= Math.max(64, 1.25 * bytes + 64), `${bytes}: ${size}`);
    heap.release(at, bytes);
    assert.is(heap.inUse, before);
  }
});

test('no block ends at the end of a 4 GiB memory, where addresses wrap around', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const heap = new Heap(memory, START, 2 * PAGE - 64);
  heap.allocate(PAGE);
  assertThrows(() => heap.allocate(PAGE - START), OutOfMemoryError);
  heap.allocate(40_000);
});

test.run();
