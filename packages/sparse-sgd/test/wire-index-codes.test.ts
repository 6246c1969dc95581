import { FormatError, OptionError, Rng } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededIndices } from '../src/compress/random-positions.js';
import { ByteReader } from '../src/wire/byte-reader.js';
import { ByteWriter } from '../src/wire/byte-writer.js';
import { bestRiceParameter, type IndexCode, indexBits, planIndices } from '../src/wire/index-bits.js';
import { readIndices, writeIndices } from '../src/wire/index-codes.js';
import { positions } from './wire-messages.js';

const codes: readonly IndexCode[] = ['packed', 'bitmap', 'leb128', 'rice', 'gamma', 'delta', 'uint32'];

function bytesOf(indices: Int32Array, length: number, code?: IndexCode): Uint8Array {
  const writer = new ByteWriter();
  writeIndices(writer, indices, length, planIndices(indices, length, code));
  return writer.written.slice();
}

test('has the recorded sizes', () => {
  const { index_bits: sets } = new Golden<{
    index_bits: {
      d: number;
      k: number;
      indices: number[] | null;
      sum_gap_bits_gamma: number;
      delta_bits: number;
      leb128_bits: number;
      uint32: number;
      packed_ceil_log2_d: number;
      bitmap: number;
    }[];
  }>(new URL('golden/extensions', import.meta.url)).scalars;
  for (const set of sets) {
    const indices = set.indices ? Int32Array.from(set.indices) : seededIndices(set.d, set.k, 1, 0, 0);
    assert.is(indexBits('uint32', indices, set.d), set.uint32);
    assert.is(indexBits('packed', indices, set.d), set.packed_ceil_log2_d);
    assert.is(indexBits('bitmap', indices, set.d), set.bitmap);
    if (set.indices === null) continue;
    assert.is(indexBits('gamma', indices, set.d), set.sum_gap_bits_gamma);
    assert.is(indexBits('delta', indices, set.d), set.delta_bits);
    assert.is(indexBits('leb128', indices, set.d), set.leb128_bits);
  }
});

/** log2 of d over k. */
function boundBits(d: number, k: number): number {
  let bits = 0;
  for (let i = 0; i < k; i++) bits += Math.log2((d - i) / (k - i));
  return bits;
}

test('Golomb-Rice is near the bound log2 binom(d, k) for random positions', () => {
  for (const [d, k] of [
    [1000, 10],
    [47236, 50],
    [10 ** 6, 1000],
    [10 ** 6, 50000],
  ] as const) {
    const bits = indexBits('rice', seededIndices(d, k, 3, 0, 0), d);
    // Half a bit a position, and the parameter; on average the code needs 0.03 to 0.1.
    assert.ok(bits < boundBits(d, k) + 0.5 * k + 10, `${bits} bits, bound ${boundBits(d, k)}`);
  }
});

test('the parameter of Golomb-Rice is the best of all', () => {
  const rng = new Rng(6);
  for (const k of [1, 2, 7, 40, 300]) {
    for (const clustered of [false, true]) {
      let indices = seededIndices(100000, k, rng.integers([1], 0, 1000).dataSync()[0]!, 0, 0);
      if (clustered) indices = indices.map((_, i) => i * i);
      const sizes = Array.from({ length: 25 }, (_, parameter) => {
        let bits = 0;
        for (let i = 0, before = -1; i < k; i++) {
          bits += ((indices[i]! - before - 1) >>> parameter) + 1 + parameter;
          before = indices[i]!;
        }
        return bits;
      });
      assert.is(sizes[bestRiceParameter(indices)], Math.min(...sizes));
    }
  }
});

test('takes the shortest code: a bitmap for many, one that says distances for few', () => {
  assert.is(
    planIndices(
      Int32Array.from({ length: 60 }, (_, i) => 2 * i),
      128,
    ).code,
    'bitmap',
  );
  assert.is(planIndices(seededIndices(10 ** 6, 1000, 0, 0, 0), 10 ** 6).code, 'rice');
  assert.is(
    planIndices(
      Int32Array.from({ length: 60 }, (_, i) => i),
      10 ** 6,
    ).code,
    'gamma',
  );
  fc.assert(
    fc.property(
      fc.constantFrom(1, 50, 1000, 10 ** 6).chain((d) => fc.tuple(fc.constant(d), positions(d))),
      ([d, indices]) => {
        const sizes = codes.map((code) => bytesOf(indices, d, code).length);
        assert.is(bytesOf(indices, d).length, Math.min(...sizes));
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

for (const code of codes) {
  test(`${code} gives positions back, in as many bits as it says`, () => {
    const lengths = fc.constantFrom(1, 2, 50, 127, 1000, 10 ** 6).chain((d) => fc.tuple(fc.constant(d), positions(d)));
    fc.assert(
      fc.property(lengths, ([d, indices]) => {
        const bytes = bytesOf(indices, d, code);
        assert.is(bytes.length, Math.ceil(indexBits(code, indices, d) / 8));
        const reader = new ByteReader(bytes);
        assert.equal(readIndices(reader, indices.length, d, code), indices);
        assert.is(reader.left, 0);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test(`${code} takes the last position of the longest vector`, () => {
    const d = code === 'bitmap' ? 2 ** 16 : 2 ** 31 - 1;
    const indices = Int32Array.of(0, d - 1);
    // In unary the distance would be long: the parameter is the best.
    assert.equal(readIndices(new ByteReader(bytesOf(indices, d, code)), 2, d, code), indices);
  });

  test(`${code} makes a FormatError or sound positions of any bytes`, () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(1, 7, 100, 2 ** 31 - 1),
        fc.nat(30),
        (bytes, d, count) => {
          if (code === 'bitmap' && d > 2 ** 20) return;
          let indices: Int32Array;
          try {
            indices = readIndices(new ByteReader(bytes), count, d, code);
          } catch (error) {
            assert.instance(error, FormatError);
            return;
          }
          assert.ok(indices.every((index, i) => index < d && index > (i === 0 ? -1 : indices[i - 1]!)));
        },
      ),
      { seed: 5, numRuns: 1000 },
    );
  });
}

test('refuses positions that do not ascend or are too large, and codes that there are not', () => {
  for (const indices of [[3, 3], [3, 2], [-1], [10]]) {
    assertThrows(
      () => planIndices(Int32Array.from(indices), 10),
      OptionError,
      /indices must ascend and be below 10, got/,
    );
  }
  assertThrows(
    () => planIndices(Int32Array.of(1), 10, 'huffman' as never),
    OptionError,
    /encode: indexCode must be one of packed, bitmap/,
  );
});

test('bits of positions are counted only where they can be', () => {
  const bits = (code: unknown, indices: unknown, length: number) => () =>
    indexBits(code as IndexCode, indices as Int32Array, length);
  assertThrows(bits('zip', Int32Array.of(1), 9), OptionError, /indexBits: code must be one of packed, .*got "zip"/);
  assertThrows(bits('packed', [1], 9), OptionError, /indexBits: indices must be an Int32Array, got \[1\]/);
  assertThrows(bits('packed', Int32Array.of(9), 9), OptionError, /indexBits: indices must ascend and be below 9/);
  assertThrows(bits('packed', new Int32Array(0), Number.NaN), OptionError, /indexBits: length must be a whole number/);
});

test.run();
