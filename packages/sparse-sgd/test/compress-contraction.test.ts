// What all compressors must have in common: contraction and unbiasedness where they claim it, and what they do with hard vectors.
import { OptionError, Rng } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyMessage, messageVector } from '../src/compress/apply-message.js';
import type { Vector } from '../src/compress/message.js';
import { parseCompressor } from '../src/compress/parse-compressor.js';
import { squaredError, squaredNorm } from './compress-vectors.js';

const exact = (
  'none none@float16 none@bfloat16 top-k:1 top-k:3 top-k:10% top-k:2@float16 top-k:3@bfloat16 block:4 block:5/2 ' +
  'block:4@float16 threshold:0.5 sign one-bit majority'
).split(' ');
const random = (
  'sampled:20% rand-k:1 rand-k:3 rand-k:25%@bfloat16 rand-k:2/unbiased shared-rand-k:2 shared-rand-k:30%/unbiased ' +
  'ultra:0.3 qsgd:16 qsgd:4/6 qsgd:1 ternary ternary/clip=Infinity natural'
).split(' ');
const none = [
  'majority',
  'rand-k:2/unbiased',
  'shared-rand-k:30%/unbiased',
  'qsgd:1',
  'ternary',
  'ternary/clip=Infinity',
];

/** Vectors with all entries in the normal range of float16. */
const vectors = fc
  .tuple(
    fc.array(
      fc
        .oneof(fc.constantFrom(0, -0, 1, -1, 1), fc.float({ noNaN: true, min: -1000, max: 1000 }))
        .filter((value) => value === 0 || Math.abs(value) > 2 ** -14),
      { minLength: 1, maxLength: 24 },
    ),
    fc.boolean(),
  )
  .map(([values, double]): Vector => (double ? Float64Array : Float32Array).from(values));

test('claims a contraction unless there is none', () => {
  for (const name of [...exact, ...random]) {
    const delta = parseCompressor(name).contraction(16);
    if (none.includes(name)) assert.is(delta, undefined, name);
    else assert.ok(delta !== undefined && delta > 0 && delta <= 1, `${name}: ${delta}`);
  }
  assert.is(parseCompressor('top-k:3').contraction(12), 0.25);
  assert.is(parseCompressor('top-k:3').contraction(2), 1);
  assert.is(parseCompressor('block:4').contraction(12), 0.25);
  assert.is(parseCompressor('block:4').contraction(2), 0.5);
  assert.is(parseCompressor('ultra:0.5').contraction(10), 0.05);
  assert.is(parseCompressor('qsgd:16').contraction(16), 1 - 16 / 256);
  assert.is(parseCompressor('qsgd:4/6').contraction(1000), 1 - 6 / 16);
});

for (const name of exact.filter((name) => !none.includes(name))) {
  test(`${name} contracts every vector as much as it claims`, () => {
    const compressor = parseCompressor(name);
    fc.assert(
      fc.property(vectors, (x) => {
        const error = squaredError(x, compressor.compress(x, new Rng(0), { step: 0, stream: 0 }));
        assert.ok(
          error <= (1 - compressor.contraction(x.length)! + 1e-6) * squaredNorm(x),
          `${error} of ${squaredNorm(x)}`,
        );
      }),
      { seed: 6, numRuns: 200 },
    );
  });
}

/** Fixed vectors: even, one large entry, random, and the last with a long tail. */
const fixed: readonly Float32Array[] = [
  new Float32Array(12).fill(1),
  Float32Array.from({ length: 12 }, (_, i) => (i === 5 ? 10 : 0.1)),
  Float32Array.from({ length: 12 }, (_, i) => Math.sin(3 * i)),
  Float32Array.from({ length: 40 }, (_, i) => (-1) ** i * 0.8 ** i),
];

for (const name of random) {
  test(`${name} contracts in the mean as much as it claims, and is unbiased if it says so`, () => {
    const compressor = parseCompressor(name);
    const runs = 800;
    for (const x of fixed) {
      const mean = new Float64Array(x.length);
      const rng = new Rng(7);
      let [sum, squares] = [0, 0];
      for (let step = 0; step < runs; step++) {
        const message = compressor.compress(x, rng, { step, stream: 0 });
        applyMessage(message, mean, 1 / runs);
        const error = squaredError(x, message);
        sum += error / runs;
        squares += error ** 2 / runs;
      }
      // Five deviations of the mean; the seeds are fixed.
      const margin = 5 * Math.sqrt(Math.max(0, squares - sum ** 2) / runs) + 1e-6 * squaredNorm(x);
      const delta = compressor.contraction(x.length);
      if (delta !== undefined) assert.ok(sum <= (1 - delta) * squaredNorm(x) + margin, `${sum}, claimed 1 - ${delta}`);
      if (!compressor.unbiased) continue;
      // |mean - x|^2 has the mean `sum` / runs.
      const bias = squaredNorm(mean.map((value, i) => value - x[i]!));
      assert.ok(bias <= 10 * (sum / runs) + 1e-10 * squaredNorm(x), `bias ${bias}, expected about ${sum / runs}`);
    }
  });
}

test('those that are not unbiased are not', () => {
  for (const name of ['top-k:3', 'rand-k:3', 'ternary', 'sign', 'one-bit', 'none@float16']) {
    assert.not(parseCompressor(name).unbiased, name);
  }
});

for (const name of [...exact, ...random]) {
  test(`${name} makes zeros of zeros, finite numbers of tiny ones, and refuses what is not finite`, () => {
    const compressor = parseCompressor(name);
    const rng = new Rng(8);
    const sent = (x: Vector): Vector => messageVector(compressor.compress(x, rng, { step: 0, stream: 0 }));
    for (const zeros of [new Float32Array(7), new Float64Array(7).fill(-0), new Float32Array(0)]) {
      if (name !== 'majority') assert.ok(sent(zeros).every((value) => Object.is(value, 0)));
    }
    for (const tiny of [2 ** -149, -(2 ** -140)]) {
      assert.ok(sent(Float32Array.of(tiny, 0, -tiny, tiny, 0.5)).every((value) => Number.isFinite(value)));
      if (name !== 'majority')
        assert.ok(sent(new Float32Array(5).fill(tiny)).every((value) => Math.abs(value) < 1e-37));
    }
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const place of [0, 4]) {
        const x = Float32Array.of(1, 2, 3, 4, 5);
        x[place] = bad;
        assertThrows(() => sent(x), OptionError, new RegExp(`entries must be finite, got ${bad} at ${place}`));
      }
    }
    assertThrows(() => sent([1, 2] as unknown as Vector), OptionError, /Float32Array or Float64Array/);
  });

  test(`${name} leaves the vector alone, and keeps nothing of it`, () => {
    const compressor = parseCompressor(name);
    const x = Float32Array.from({ length: 9 }, (_, i) => i - 4);
    const message = compressor.compress(x, new Rng(0), { step: 0, stream: 0 });
    assert.equal([...x], [-4, -3, -2, -1, 0, 1, 2, 3, 4]);
    const before = messageVector(message);
    x.fill(100);
    assert.equal(messageVector(message), before);
  });
}

test.run();
