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
          heap.release((live.splice((release as number) % live.length, 1)[0] as { at: number }).at);
        }
        assert.is(heap.blocks, live.length);
        const wanted = live.reduce((sum, block) => sum + block.bytes, 0);
        assert.ok(heap.inUse >= wanted && heap.inUse <= 1.25 * wanted + 64 * live.length);
      }
      for (const { at } of live) heap.release(at);
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
  heap.release(first);
  assert.is(heap.allocate(990), first);
});

test('a program that repeats itself does not grow the memory', () => {
  const heap = newHeap(64);
  let reserved = 0;
  for (let round = 0; round < 1000; round++) {
    const blocks = [100, 5000, 40_000, 300, 5000].map((bytes) => heap.allocate(bytes));
    for (const block of blocks) heap.release(block);
    if (round === 0) reserved = heap.reserved;
  }
  assert.is(heap.reserved, reserved);
});

test('freed blocks of other sizes are merged rather than the memory grown without end', () => {
  const heap = newHeap(1024);
  // Each size is new, so no freed block fits as it is: without merging this takes 18 MiB.
  for (let bytes = 20_000; bytes < 60_000; bytes += 40) heap.release(heap.allocate(bytes));
  assert.ok(heap.reserved < 20 * PAGE, `${heap.reserved / PAGE} pages`);
});

test('neighbours merge when the memory cannot grow', () => {
  const heap = newHeap(2);
  const blocks = Array.from({ length: 28 }, () => heap.allocate(4096));
  for (const block of blocks.slice(0, -1)) heap.release(block);
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
  heap.release(block);
  heap.allocate(3 * PAGE);
});

test('a host that refuses to grow is the same as no memory', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const heap = new Heap(memory, START, 64 * PAGE); // more than the memory itself allows
  assertThrows(() => heap.allocate(4 * PAGE), OutOfMemoryError);
  heap.allocate(PAGE);
});

test('releasing twice, or what was never given, does nothing', () => {
  const heap = newHeap(4);
  const block = heap.allocate(64);
  heap.release(block);
  heap.release(block);
  heap.release(12345);
  assert.is(heap.inUse, 0);
  assert.is.not(heap.allocate(64), heap.allocate(64));
});

test.run();
