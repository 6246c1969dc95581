import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blockTopK, blockTopKCompressor } from '../src/compress/block-top-k.js';
import { anyVector, extensions, largestBySort, precisions, spread } from './compress-vectors.js';

test('keeps the largest of each block, the short last one too', () => {
  assert.equal([...blockTopK(Float32Array.of(1, -2, 3, 3, 0), { block: 2 }).indices], [1, 2, 4]);
  assert.equal([...blockTopK(Float32Array.of(1, -2, 3, 3, 0), { block: 3, k: 2 }).indices], [1, 2, 3, 4]);
});

test('keeps all where a block is no larger than k', () => {
  assert.equal([...blockTopK(Float32Array.of(1, 2, 3), { block: 2, k: 5 }).indices], [0, 1, 2]);
  assert.is(blockTopK(new Float32Array(0), { block: 4 }).indices.length, 0);
});

test('refuses blocks that cannot be and entries that are not finite', () => {
  const x = Float32Array.of(1, 2);
  assertThrows(() => blockTopK(x, { block: 0 }), OptionError, /blockTopK: block must be a whole number from 1, got 0/);
  assertThrows(() => blockTopK(x, { block: 2, k: 0.5 }), OptionError, /k must be a whole number from 1, got 0.5/);
  assertThrows(() => blockTopK(Float32Array.of(1, Number.NaN), { block: 2 }), OptionError, /got NaN at 1/);
  assertThrows(() => blockTopKCompressor({ block: 1.5 }), OptionError, /block must be a whole number/);
});

test('the compressor leaves zeros out, and is named after its blocks', () => {
  const message = blockTopKCompressor({ block: 2 }).compress(Float32Array.of(0, 0, 0, 4), new Rng(0), {
    step: 0,
    stream: 0,
  });
  assert.ok(message.kind === 'sparse');
  assert.equal([...message.indices], [3]);
  assert.is(blockTopKCompressor({ block: 64, k: 2 }, { values: 'float16' }).name, 'block:64/2@float16');
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded results in ${name}`, () => {
    const x = of(extensions.values('x'));
    assertClose(spread(blockTopK(x, { block: 4 }), 12), extensions.values('block_top1_B4'), tolerance);
    assertClose(spread(blockTopK(x, { block: 5 }), 12), extensions.values('block_top1_B5'), tolerance);
  });
}

test('is top-k of each block for any vector', () => {
  fc.assert(
    fc.property(anyVector(), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }), (vector, block, k) => {
      const expected: number[] = [];
      for (let begin = 0; begin < vector.length; begin += block) {
        const part = vector.slice(begin, begin + block);
        for (const index of largestBySort(part, Math.min(k, part.length))) expected.push(begin + index);
      }
      assert.equal([...blockTopK(vector, { block, k }).indices], expected);
    }),
    { seed: 2, numRuns: 200 },
  );
});

test.run();
