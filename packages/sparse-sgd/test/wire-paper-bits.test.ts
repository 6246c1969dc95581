import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messageBits, paperBits } from '../src/wire/paper-bits.js';

const { bits: recorded } = new Golden<{ bits: { d: number; d_eff: number | null; b: number; bits: number }[] }>(
  new URL('golden/schedules', import.meta.url),
).scalars;

test('QSGD takes the recorded numbers of bits', () => {
  for (const { d, d_eff, b, bits } of recorded) {
    assert.is(paperBits('qsgd', { length: d, bits: b, nonZeros: d_eff ?? undefined }), bits);
  }
});

test('sparse messages take 64 bits an entry, dense ones 64 or, fairly, 32', () => {
  assert.is(paperBits('sparse', { k: 10 }), 640);
  assert.is(paperBits('sgd', { length: 1000 }), 64000);
  assert.is(paperBits('sgd', { length: 1000, nonZeros: 12 }), 768);
  assert.is(paperBits('dense', { length: 1000 }), 32000);
});

test('messages take as many', () => {
  const values = new Float32Array(3);
  assert.is(messageBits({ kind: 'sparse', length: 9, indices: Int32Array.of(1, 2, 3), values }), 192);
  assert.is(messageBits({ kind: 'seeded', length: 9, seed: 0, step: 0, stream: 0, values }), 96);
  assert.is(messageBits({ kind: 'dense', length: 3, values }), 96);
  assert.is(messageBits({ kind: 'factor', length: 3, rank: 1, values }), 96);
  assert.is(messageBits({ kind: 'powers', length: 3, codes: new Int16Array(3) }), 27);
  const signs = { kind: 'signs', length: 3, bits: new Uint8Array(1), positive: 1 } as const;
  assert.is(messageBits({ ...signs, negative: -1 }), 35);
  assert.is(messageBits({ ...signs, negative: -2 }), 67);
  const levels = { kind: 'levels', length: 2000, norms: values, levels: new Int16Array(2000) } as const;
  assert.is(messageBits({ ...levels, s: 16, bucket: 2000 }), 2947);
  assert.is(messageBits({ ...levels, s: 256, bucket: 2000 }), 18000);
  assert.is(
    messageBits({ ...levels, s: 4, bucket: 1500 }),
    paperBits('qsgd', { length: 1500, bits: 2 }) + paperBits('qsgd', { length: 500, bits: 2 }),
  );
});

test('a single level takes two bits an entry, or a position and a sign for each that is not 0, besides the norms', () => {
  const ternary = (bucket: number, ...numbers: number[]): number => {
    const norms = new Float32Array(3);
    return messageBits({
      kind: 'levels',
      length: numbers.length,
      s: 1,
      bucket,
      norms,
      levels: Int16Array.from(numbers),
    });
  };
  assert.is(ternary(4, 1, -1, 0, 1), 32 + 2 * 4);
  assert.is(ternary(9, 0, 0, 0, 0, -1, 0, 0, 0, 0), 32 + 4 + 1);
  assert.is(ternary(4, 0, 0, 0, 0), 32);
  assert.is(ternary(4, 1, -1, 0, 1, 0, 1), 32 + 2 * 4 + 32 + (1 + 1));
  assert.is(ternary(1), 0);
  assertThrows(() => ternary(0, 1), OptionError, /messageBits: bucket must be a whole number from 1, got 0/);
});

test('refuses what is no message or has no sizes', () => {
  assertThrows(() => messageBits(null as never), OptionError, /messageBits: expected a message, got null/);
  assertThrows(() => messageBits({ kind: 'x' } as never), OptionError, /messageBits: there is no kind of messages "x"/);
  assertThrows(() => paperBits('sparse', null as never), OptionError, /paperBits: expected options/);
  assertThrows(() => paperBits('sparse', { k: '3' as never }), OptionError, /needs k, a number from 0, got "3"/);
});

test('refuses to count without the sizes that it needs', () => {
  assertThrows(
    () => paperBits('sparse', { length: 3 }),
    OptionError,
    /'sparse' needs k, a number from 0, got undefined/,
  );
  assertThrows(() => paperBits('qsgd', { length: 3 }), OptionError, /needs bits/);
  assertThrows(() => paperBits('sgd', { length: Number.NaN }), OptionError, /needs length/);
  assertThrows(() => paperBits('topk' as never, {}), OptionError, /kind must be one of sparse, qsgd, sgd, dense/);
});

test.run();
