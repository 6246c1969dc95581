import { OptionError, ShapeError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import type { Message, SparseMessage } from '../src/compress/message.js';
import { encode } from '../src/wire/encode.js';

function single(length: number, index: number, value = 1): SparseMessage {
  return { kind: 'sparse', length, indices: Int32Array.of(index), values: Float32Array.of(value) };
}

const header: readonly [object, RegExp][] = [
  [{ step: -1 }, /encode: step must be a whole number from 0, got -1/],
  [{ rank: 0.5 }, /rank must be a whole number/],
  [{ values: 'float16' }, /values must be 'float64' or left out/],
  [{ indexCode: 'zip' }, /encode: indexCode must be one of packed, bitmap, .*, uint32, got "zip"/],
  [{ allowNonFinite: 'no' }, /allowNonFinite must be true or false, got "no"/],
  [{ round: 1 }, /no option 'round'; there are step, rank/],
];

for (const [options, message] of header) {
  test(`refuses ${JSON.stringify(options)}`, () => {
    assertThrows(() => encode([single(10, 1)], options), OptionError, message);
    assertThrows(() => encode([], options), OptionError, message);
  });
}

const dense = { kind: 'dense', length: 2, values: Float32Array.of(1, 2) } as const;
const levels = {
  kind: 'levels',
  length: 2,
  s: 2,
  bucket: 2,
  norms: Float32Array.of(1),
  levels: Int16Array.of(1, 2),
} as const;
const seeded = { ...dense, kind: 'seeded', seed: 0, step: 0, stream: 0 } as const;
const signs = { kind: 'signs', length: 3, bits: Uint8Array.of(7), negative: -1, positive: 1 } as const;
const bad: readonly [string, Message, typeof OptionError | typeof ShapeError, RegExp][] = [
  [
    'an index twice',
    { ...single(9, 1), indices: Int32Array.of(1, 1), values: new Float32Array(2) },
    OptionError,
    /indices must ascend/,
  ],
  ['a single index that is too large', single(9, 9), OptionError, /be below 9, got 9 at 0/],
  [
    'more values than indices',
    { ...single(9, 1), values: new Float32Array(2) },
    OptionError,
    /as many values as indices/,
  ],
  ['no kind', { kind: 'x' } as never, OptionError, /no kind of messages "x"/],
  [
    'a length that is none',
    { ...dense, length: -2 },
    OptionError,
    /length must be a whole number in \[0, 2147483647\]/,
  ],
  ['a length that is too long', single(2 ** 31, 0), OptionError, /length must be/],
  [
    'too few dense values',
    { ...dense, length: 3 },
    ShapeError,
    /dense message of length 3 needs as many values, got 2/,
  ],
  [
    'a type of values that there is not',
    { ...dense, valueType: 'int8' as never },
    OptionError,
    /no type of values 'int8'/,
  ],
  ['more seeded values than entries', { ...seeded, length: 1 }, ShapeError, /at most/],
  [
    'a rank that does not divide',
    { ...dense, kind: 'factor', rank: 3 },
    ShapeError,
    /rank of a factor of 2 must divide/,
  ],
  ['a level above s', { ...levels, s: 1 }, OptionError, /levels must be from -s to s/],
  ['too many levels', { ...levels, s: 40000 }, OptionError, /s from 1 to 32767/],
  ['too few norms', { ...levels, bucket: 1 }, ShapeError, /norm a bucket, got 2 and 1/],
  ['a bucket of nothing', { ...levels, bucket: 0 }, OptionError, /encode: bucket must be a whole number from 1, got 0/],
  [
    'half an entry a bucket',
    { ...levels, bucket: 1.5, norms: Float32Array.of(1, 1) },
    OptionError,
    /bucket must be a whole number from 1, got 1.5/,
  ],
  [
    'a rank that is no whole number',
    { kind: 'factor', length: 3, rank: 1.5, values: new Float32Array(3) },
    OptionError,
    /encode: rank of a factor must be a whole number from 1, got 1.5/,
  ],
  ['a rank of 0', { ...dense, kind: 'factor', rank: 0 }, OptionError, /rank of a factor must be a whole number/],
  [
    'a seed that is no whole number',
    { ...seeded, seed: 0.5 },
    OptionError,
    /encode: seed must be a whole number from 0/,
  ],
  ['a negative step of positions', { ...seeded, step: -1 }, OptionError, /encode: step must be a whole number from 0/],
  ['a stream that is too large', { ...seeded, stream: 2 ** 53 }, OptionError, /encode: stream must be a whole number/],
  ['no message', null as never, OptionError, /encode: expected a message, got null/],
  ['the kind of a method', { kind: 'toString', length: 0 } as never, OptionError, /no kind of messages "toString"/],
  ['bits after the last sign', { ...signs, bits: Uint8Array.of(8) }, ShapeError, /with 0 after the last/],
  ['too few signs', { ...signs, length: 9 }, ShapeError, /need 2 bytes/],
  ['powers that there are not', { kind: 'powers', length: 1, codes: Int16Array.of(384) }, OptionError, /107 to 383/],
  ['too small powers', { kind: 'powers', length: 2, codes: Int16Array.of(-106, 200) }, OptionError, /107 to 383/],
  ['too few powers', { kind: 'powers', length: 2, codes: Int16Array.of(256) }, ShapeError, /as many codes, got 1/],
  ['NaN', single(9, 1, Number.NaN), OptionError, /value NaN at 0 is not finite/],
  [
    'infinity in float16',
    { ...single(9, 1, Number.POSITIVE_INFINITY), valueType: 'float16' },
    OptionError,
    /is not finite/,
  ],
  ['what float16 does not hold', { ...single(9, 1, 1e6), valueType: 'float16' }, OptionError, /too large for its type/],
  [
    'what float32 does not hold',
    { ...dense, values: Float64Array.of(1, 1e300) },
    OptionError,
    /value 1e\+300 at 1 is too large .* 'float64'/,
  ],
  ['an infinite norm', { ...levels, norms: Float64Array.of(1e300) }, OptionError, /too large/],
  ['NaN signs', { ...signs, positive: Number.NaN }, OptionError, /not finite/],
];

for (const [what, message, errorClass, text] of bad) {
  test(`refuses ${what}`, () => {
    assertThrows(() => encode([message]), errorClass, text);
  });
}

test('refuses in a run what it refuses alone', () => {
  const good = single(9, 1);
  assertThrows(() => encode([good, single(9, 9)]), OptionError, /be below 9, got 9 at 0/);
  assertThrows(() => encode([good, single(9, -1)]), OptionError, /be below 9, got -1 at 0/);
  assertThrows(() => encode([good, single(9, 1, Number.NaN)]), OptionError, /value NaN at 0 is not finite/);
  assertThrows(() => encode([good, { ...good, length: -1 }]), OptionError, /length must be a whole number/);
  assertThrows(() => encode([good, { ...good, valueType: 'int8' as never }]), OptionError, /no type of values 'int8'/);
  assertThrows(
    () => encode([good, { ...good, values: new Float32Array(2) }]),
    OptionError,
    /as many values as indices/,
  );
  assertThrows(() => encode([good, null as never]), OptionError, /expected a message, got null/);
  const long = single(2 ** 31, 0);
  assertThrows(() => encode([long, long]), OptionError, /length must be a whole number in \[0, 2147483647\]/);
});

test('refuses what is no list', () => {
  assertThrows(() => encode(single(9, 1) as never), OptionError, /expected a list of messages, got an object/);
});

test.run();
