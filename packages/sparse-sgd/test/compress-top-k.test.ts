import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyMessage } from '../src/compress/apply-message.js';
import { entriesAt } from '../src/compress/entries.js';
import { largestFew } from '../src/compress/largest-few.js';
import { largestByHistogram } from '../src/compress/magnitude-histogram.js';
import type { Vector } from '../src/compress/message.js';
import { topK, topKCompressor } from '../src/compress/top-k.js';
import { topKPlain } from '../src/compress/top-k-plain.js';
import { anyVector, extensions, largestBySort, precisions, spread } from './compress-vectors.js';

const occasion = { step: 0, stream: 0 };

test('gives positions in ascending order, and values in the precision of the vector', () => {
  const { indices, values } = topK(Float32Array.of(1, -5, 2, 4), 2);
  assert.equal([...indices], [1, 3]);
  assert.equal(values, Float32Array.of(-5, 4));
  assert.instance(topK(Float64Array.of(1, 2), 1).values, Float64Array);
});

test('of equal magnitudes takes those with the lowest positions', () => {
  assert.equal([...topK(Float32Array.of(1, -2, 2, 2, -1), 2).indices], [1, 2]);
  assert.equal([...topK(new Float64Array(5000).fill(-1), 20).indices], [...Array(20).keys()]);
});

test('takes all of a vector that is no longer than k, and nothing of one without entries', () => {
  assert.equal([...topK(Float32Array.of(3, 0, -1), 3).indices], [0, 1, 2]);
  assert.equal([...topK(Float32Array.of(3, 0, -1), 100).values], [3, 0, -1]);
  assert.is(topK(new Float32Array(0), 1).indices.length, 0);
});

test('zeros have no sign, and a vector of zeros gives its first k', () => {
  const { indices, values } = topK(Float32Array.of(-0, 0, -0), 2);
  assert.equal([...indices], [0, 1]);
  assert.ok(values.every((value) => Object.is(value, 0)));
});

test('subnormal numbers count as what they are', () => {
  const tiny = 2 ** -149;
  assert.equal([...topK(Float32Array.of(0, tiny, -2 * tiny, 0), 1).indices], [2]);
  const vector = new Float32Array(6000);
  vector[5999] = tiny;
  vector[17] = -3 * tiny;
  assert.equal([...largestByHistogram('topK', vector, 2)], [17, 5999]);
});

test('refuses k that is no whole number from 1, and anything but vectors', () => {
  for (const k of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3' as unknown as number]) {
    assertThrows(() => topK(Float32Array.of(1), k), OptionError, /topK: k must be a whole number from 1, got/);
  }
  assertThrows(() => topK([1, 2] as unknown as Vector, 1), OptionError, /expected a Float32Array or Float64Array/);
});

test('refuses NaN and infinity wherever they are, and says where', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const [length, k] of [
      [10, 1],
      [10, 3],
      [10, 10],
      [1000, 20],
      [5000, 20],
    ] as const) {
      for (const { of } of precisions) {
        const vector = of(new Float64Array(length).fill(1));
        vector[7] = bad;
        assertThrows(() => topK(vector, k), OptionError, /entries must be finite, got -?(NaN|Infinity) at 7/);
      }
    }
  }
});

test('refuses amounts and options that cannot be', () => {
  assertThrows(() => topKCompressor({ k: 0 }), OptionError, /k must be a whole number from 1, got 0/);
  assertThrows(() => topKCompressor({ ratio: 0 }), OptionError, /ratio must be a number above 0 and at most 1, got 0/);
  assertThrows(() => topKCompressor({ ratio: 1.1 }), OptionError, /got 1.1/);
  assertThrows(() => topKCompressor({ k: 1, ratio: 1 } as never), OptionError, /k or ratio, not both/);
  assertThrows(() => topKCompressor({ k: 1 }, { values: 'float8' as never }), OptionError, /one of float32, float16/);
  assertThrows(() => topKCompressor({ k: 1 }, { keepZeros: 1 as never }), OptionError, /keepZeros must be true or/);
  assertThrows(() => topKCompressor({ k: 1 }, { zeros: 1 } as never), OptionError, /no option 'zeros'/);
});

test('a ratio gives its share, rounded, and at least 1', () => {
  const kept = (ratio: number, length: number): number => {
    const message = topKCompressor({ ratio }).compress(new Float32Array(length).fill(1), new Rng(0), occasion);
    return message.kind === 'sparse' ? message.indices.length : -1;
  };
  assert.is(kept(0.29, 100), 29);
  assert.is(kept(0.001, 100), 1);
  assert.is(kept(0.5, 1001), 501);
});

test('the compressor sends all as a dense message, and leaves zeros out unless told to keep them', () => {
  const vector = Float32Array.of(0, 3, 0, 0);
  const rng = new Rng(0);
  const sparse = topKCompressor({ k: 3 }).compress(vector, rng, occasion);
  assert.ok(sparse.kind === 'sparse' && sparse.indices.length === 1 && sparse.values[0] === 3);
  const kept = topKCompressor({ k: 3 }, { keepZeros: true }).compress(vector, rng, occasion);
  assert.ok(kept.kind === 'sparse' && kept.indices.length === 3);
  const empty = topKCompressor({ k: 2 }).compress(new Float32Array(4), rng, occasion);
  assert.ok(empty.kind === 'sparse' && empty.indices.length === 0);
  const dense = topKCompressor({ k: 4 }).compress(vector, rng, occasion);
  assert.ok(dense.kind === 'dense' && dense.values !== vector);
  assert.equal(dense.values, vector);
});

test('the compressor does not draw random numbers', () => {
  const rng = new Rng(3);
  topKCompressor({ k: 2 }).compress(Float32Array.of(1, 2, 3), rng, occasion);
  assert.equal(rng.state, new Rng(3).state);
});

test('all ways of choosing agree with sorting', () => {
  const rng = new Rng(5);
  for (const length of [5000, 20000]) {
    const normal = rng.normal([length]).dataSync();
    // Few different magnitudes: many ties at the threshold.
    const coarse = normal.map((value) => Math.round(4 * value) / 4);
    const equal = new Float32Array(length).fill(-3);
    const ascending = Float32Array.from({ length }, (_, i) => i);
    for (const single of [normal, coarse, equal, ascending]) {
      for (const vector of [single, Float64Array.from(single)]) {
        for (const k of [1, 5, 17, 300, length - 1]) {
          const expected = largestBySort(vector, k);
          assert.equal(topKPlain(vector, k), expected);
          assert.equal(largestByHistogram('topK', vector, k), expected);
          if (k < 20) assert.equal(largestFew('topK', vector, k), expected);
        }
      }
    }
  }
});

test('a part of a longer array is chosen from as such', () => {
  const vector = Float64Array.from({ length: 9000 }, (_, i) => Math.sin(i)).subarray(3, 8003);
  assert.equal(topKPlain(vector, 50), largestBySort(vector, 50));
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded result in ${name}`, () => {
    const x = of(extensions.values('x'));
    assertClose(spread(topK(x, extensions.scalars.k), x.length), extensions.values('top_k'), tolerance);
  });

  test(`replays the recorded steps with and without memory in ${name}`, () => {
    const golden = new Golden<{
      d: number;
      T: number;
      cases: { name: string; k: number; top: boolean; memory: boolean }[];
    }>(new URL('golden/compress', import.meta.url));
    const { d, T, cases } = golden.scalars;
    const row = (tensor: string, t: number, width = d): number[] =>
      golden.values(tensor).slice(t * width, (t + 1) * width);
    for (const { name: run, k, top, memory } of cases) {
      let m = of(new Float64Array(d));
      for (let t = 0; t < T; t++) {
        const gradient = row('grads', t);
        const v = of(gradient.map((value, i) => value + (memory ? m[i]! : 0)));
        const given = (): Int32Array => Int32Array.from(row(`${run}.indices`, t, k)).sort();
        const entries = top ? topK(v, k) : entriesAt(v, given());
        assertClose(spread(entries, d), row(`${run}.out`, t), tolerance, `${run} ${t}`);
        m = v.slice() as typeof v;
        applyMessage({ kind: 'sparse', length: d, ...entries }, m, -1);
        assertClose(m, row(`${run}.memory_after`, t), tolerance, `${run} memory ${t}`);
      }
    }
  });
}

test('gives the recorded sparse form', () => {
  const golden = new Golden(new URL('golden/compress', import.meta.url));
  const grads = Float64Array.from(golden.values('grads'));
  const indices: number[] = [];
  const values: number[] = [];
  let m = new Float64Array(13);
  for (let t = 0; t < 6; t++) {
    const v = m.map((value, i) => value + grads[13 * t + i]!);
    const entries = topK(v, 1);
    indices.push(...entries.indices);
    values.push(...entries.values);
    m = v.slice();
    applyMessage({ kind: 'sparse', length: 13, ...entries }, m, -1);
  }
  assert.equal(indices, golden.values('sparse_form.indices_sorted'));
  assertClose(values, golden.values('sparse_form.values'), { rtol: 1e-10, atol: 1e-10 });
});

test('agrees with sorting for any vector', () => {
  fc.assert(
    fc.property(anyVector(), fc.integer({ min: 1, max: 45 }), (vector, k) => {
      const { indices, values } = topK(vector, k);
      assert.equal(indices, largestBySort(vector, k));
      assert.equal(
        [...values],
        Array.from(indices, (i) => vector[i]! + 0),
      );
      assert.equal(largestByHistogram('topK', vector, Math.min(k, vector.length)), indices);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test.run();
