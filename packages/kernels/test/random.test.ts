/** Random numbers: known answers, the same bits everywhere, and the distributions. */
import { createJsDevice, createWasmDevice, type DType } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { erf } from '../src/js/functions.js';
import { philox } from '../src/js/random.js';
import type { Distribution, PhiloxState } from '../src/table/random.js';
import { conform, output } from './conformance.js';

const types: Readonly<Record<Distribution, DType>> = {
  bits: 'int32',
  uniform: 'float32',
  normal: 'float32',
  gumbel: 'float32',
  bernoulli: 'bool',
  integer: 'int32',
};

const hex = (words: Iterable<number>): string =>
  [...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');

/** `n` numbers from both devices, which must be the same bits. */
function draw(distribution: Distribution, n: number, state: PhiloxState, a = 0, b = 1): Float64Array {
  const results = [createJsDevice(), createWasmDevice({ threads: 1 })].map((device) => {
    const out = device.allocate(types[distribution], n);
    device.kernels.random(distribution, out, state, a, b);
    const values = device.readSync?.(out);
    device.dispose();
    return values;
  });
  assert.equal(results[1], results[0], `${distribution}: wasm and js differ`);
  return Float64Array.from(results[0] as ArrayLike<number>);
}

/** Largest distance between the sample's distribution function and `cumulative`. */
function kolmogorov(sample: Float64Array, cumulative: (x: number) => number): number {
  const sorted = sample.slice().sort();
  return sorted.reduce((worst, x, i) => {
    const expected = cumulative(x);
    return Math.max(worst, Math.abs(expected - i / sorted.length), Math.abs(expected - (i + 1) / sorted.length));
  }, 0);
}

/** What the distance exceeds once in a million samples of 1e5. */
const FAR = 2.7 / Math.sqrt(1e5);

function moments(sample: Float64Array): [number, number] {
  const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
  return [mean, sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / sample.length];
}

test('Philox4x32-10 gives the known answers of Random123', () => {
  const ones = 0xffffffff;
  assert.is(hex(philox([0, 0, 0, 0], [0, 0])), '6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  assert.is(hex(philox([ones, ones, ones, ones], [ones, ones])), '408f276d 41c83b0e a20bc7c6 6d5451fd');
  assert.is(
    hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  );
});

test('the words of a block are those of its counter, also where the low word overflows', () => {
  for (const block of [0, 2 ** 32 - 2, 2 ** 40 + 5]) {
    const words = draw('bits', 32, { key0: 0xa4093822, key1: -7, block });
    for (let i = 0; i < 8; i++) {
      const counter = block + i;
      const expected = philox([counter % 2 ** 32, Math.floor(counter / 2 ** 32), 0, 0], [0xa4093822, -7 >>> 0]);
      assert.is(hex(words.subarray(4 * i, 4 * i + 4)), hex(expected));
    }
  }
});

test('every distribution is the same bits on js, on wasm and on any number of threads', async () => {
  for (const distribution of Object.keys(types) as Distribution[]) {
    await conform(
      'random',
      (random) => {
        const key = random.integers(2, -(2 ** 31), 2 ** 31 - 1) as unknown as [number, number];
        const block = random.boolean() ? random.integer(0, 1000) : 2 ** 32 - random.integer(0, 300);
        const bounds = {
          bits: [0, 0],
          uniform: [-1.5, 2.25],
          normal: [0.3, 1.7],
          gumbel: [0.1, 1.3],
          bernoulli: [random.pick([0, 0.25, 0.3, 1, Number.NaN]), 0],
          integer: random.pick([
            [-5, 5],
            [0, 2 ** 31 - 1],
            [-(2 ** 31), 2 ** 31],
          ]),
        }[distribution];
        const n = random.size(random.boolean(0.2) ? 20000 : 300);
        return [distribution, output(types[distribution], n), { key0: key[0], key1: key[1], block }, ...bounds];
      },
      { rtol: 0, atol: 0 },
    );
  }
});

const state: PhiloxState = { key0: 2024, key1: 11, block: 5 };

test('uniform numbers', () => {
  const sample = draw('uniform', 1e5, state, -1, 3);
  assert.ok(sample.every((x) => x >= -1 && x <= 3));
  assert.ok(kolmogorov(sample, (x) => (x + 1) / 4) < FAR);
});

test('normal numbers', () => {
  const sample = draw('normal', 1e5, state);
  const [mean, variance] = moments(sample);
  assertClose(mean, 0, { atol: 0.016 });
  assertClose(variance, 1, { atol: 0.023 });
  assert.ok(kolmogorov(sample, (x) => (1 + erf(x / Math.SQRT2)) / 2) < FAR);
  const even = sample.filter((_, i) => i % 2 === 0);
  const odd = sample.filter((_, i) => i % 2 === 1);
  assertClose(even.reduce((sum, x, i) => sum + x * (odd[i] as number), 0) / even.length, 0, { atol: 0.023 });
});

/** Element i before its rounding to float32, less `expected`: what remains of it around that location. */
function errors(distribution: 'normal' | 'gumbel', expected: Float64Array): Float64Array {
  const device = createJsDevice();
  const out = device.allocate('float32', expected.length);
  const results = expected.map((x, i) => {
    device.kernels.random(distribution, out, state, -x, 1);
    return device.readSync?.(out)[i] as number;
  });
  device.dispose();
  return results;
}

/** Float32 numbers are the rounded expected ones but for a few, which the error put on the other side of a tie. */
function assertRounded(sample: Float64Array, expected: Float64Array): void {
  assertClose(sample, expected, { rtol: 6.1e-8, atol: 1e-11 });
  const others = sample.filter((x, i) => x !== Math.fround(expected[i] as number)).length;
  assert.ok(others <= sample.length / 1000, `${others} of ${sample.length} are rounded to a neighbour`);
}

test('normal numbers are those of Math.log, Math.sin and Math.cos within 1e-10', () => {
  const words = draw('bits', 40000, state);
  const expected = words.map((_, i) => {
    const pair = i & -2;
    const radius = Math.sqrt(-2 * Math.log((((words[pair] as number) >>> 0) + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * ((words[pair + 1] as number) >>> 0)) / 2 ** 32;
    return radius * (i % 2 ? Math.sin(angle) : Math.cos(angle));
  });
  assertRounded(draw('normal', 40000, state), expected);
  const few = expected.subarray(0, 400);
  errors('normal', few).forEach((error, i) => {
    assert.ok(Math.abs(error) <= 1e-10 * Math.abs(few[i] as number) + 1e-15, `${few[i]} is off by ${error}`);
  });
});

test('Gumbel numbers are those of Math.log within 1e-11', () => {
  const words = draw('bits', 40000, state);
  const expected = words.map((word) => -Math.log(-Math.log(((word >>> 8) + 0.5) / 2 ** 24)));
  assertRounded(draw('gumbel', 40000, state), expected);
  const few = expected.subarray(0, 400);
  errors('gumbel', few).forEach((error, i) => {
    assert.ok(Math.abs(error) <= 1e-11 * Math.max(1, Math.abs(few[i] as number)), `${few[i]} is off by ${error}`);
  });
});

test('Gumbel numbers', () => {
  const sample = draw('gumbel', 1e5, state);
  const [mean, variance] = moments(sample);
  assertClose(mean, 0.5772156649, { atol: 0.02 });
  assertClose(variance, Math.PI ** 2 / 6, { atol: 0.06 });
  assert.ok(kolmogorov(sample, (x) => Math.exp(-Math.exp(-x))) < FAR);
});

test('Bernoulli and whole numbers', () => {
  assertClose(moments(draw('bernoulli', 1e5, state, 0.3))[0], 0.3, { atol: 0.0075 });
  const counts = new Array<number>(7).fill(0);
  for (const x of draw('integer', 7e4, state, -3, 4)) counts[x + 3]! += 1;
  for (const count of counts) assertClose(count, 1e4, { rtol: 0, atol: 500 });
});

test('numbers can be drawn again from the middle of a stream', () => {
  const whole = draw('normal', 64, { ...state, block: 0 });
  assert.equal(draw('normal', 24, { ...state, block: 10 }), whole.subarray(40, 64));
});

test('float64 holds the float32 numbers', () => {
  for (const device of [createJsDevice(), createWasmDevice({ threads: 1 })]) {
    const out = device.allocate('float64', 100);
    device.kernels.random('normal', out, state, 0.5, 2);
    assert.equal(device.readSync?.(out), draw('normal', 100, state, 0.5, 2));
    device.dispose();
  }
});

test.run();
