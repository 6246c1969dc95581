/** Random kernels of the `js` device. The `wasm` device follows the same operations in the same order, bit for bit. */
import type { TypedArray } from '../dtype.js';
import type { Distribution, PhiloxState, RandomKernels } from '../table/random.js';

/** High word of the unsigned product of two 32-bit words. */
function multiplyHigh(a: number, b: number): number {
  const low = (a & 0xffff) * b;
  return Math.floor(((a >>> 16) * b + Math.floor(low / 0x10000)) / 0x10000);
}

/** Philox4x32-10: four words from a counter of four words and a key of two. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** log(x) for normal x > 0 from + - * / alone: a series in f / (2 + f) behind the exponent. */
function log(x: number): number {
  double[0] = x;
  // Exponent and mantissa relative to sqrt(1/2) = 0x3fe6a09e 667f3bcd; the borrow between the words by hand.
  const borrow = words[0]! >>> 0 < 0x667f3bcd ? 1 : 0;
  const high = (words[1]! - 0x3fe6a09e - borrow) | 0;
  const low = ((words[0]! >>> 0) - 0x667f3bcd) >>> 0;
  const k = high >> 20;
  const lowSum = low + 0x667f3bcd;
  words[0] = lowSum | 0;
  words[1] = (high & 0xfffff) + 0x3fe6a09e + (lowSum >= 2 ** 32 ? 1 : 0);
  const f = double[0]! - 1;
  const s = f / (2 + f);
  const z = s * s;
  let p = z * (2 / 19) + 2 / 17;
  p = z * p + 2 / 15;
  p = z * p + 2 / 13;
  p = z * p + 2 / 11;
  p = z * p + 2 / 9;
  p = z * p + 2 / 7;
  p = z * p + 2 / 5;
  p = z * p + 2 / 3;
  const h = 0.5 * f * f;
  const rest = s * (h + z * p) + k * 1.9082149292705877e-10;
  return k * 0.6931471803691238 + (f - (h - rest));
}

/** sin(r) for |r| <= pi / 4. */
function sinQuarter(r: number): number {
  const z = r * r;
  let p = z * (1 / 355687428096000) - 1 / 1307674368000;
  p = z * p + 1 / 6227020800;
  p = z * p - 1 / 39916800;
  p = z * p + 1 / 362880;
  p = z * p - 1 / 5040;
  p = z * p + 1 / 120;
  p = z * p - 1 / 6;
  return r + r * (z * p);
}

/** cos(r) for |r| <= pi / 4. */
function cosQuarter(r: number): number {
  const z = r * r;
  let p = z * (1 / 20922789888000) - 1 / 87178291200;
  p = z * p + 1 / 479001600;
  p = z * p - 1 / 3628800;
  p = z * p + 1 / 40320;
  p = z * p - 1 / 720;
  p = z * p + 1 / 24;
  p = z * p - 0.5;
  return z * p + 1;
}

/** Two normal numbers from two words (Box-Muller): radius from the first, angle from the second. */
function normalPair(word0: number, word1: number): [number, number] {
  const radius = Math.sqrt(-2 * log((word0 + 0.5) * 2 ** -32));
  const quarters = word1 * 2 ** -30;
  const quarter = Math.floor(quarters + 0.5);
  const r = (quarters - quarter) * 1.5707963267948966;
  const sin = sinQuarter(r);
  const cos = cosQuarter(r);
  const x = quarter & 1 ? -sin : cos;
  const y = quarter & 1 ? cos : sin;
  return quarter & 2 ? [radius * -x, radius * -y] : [radius * x, radius * y];
}

type Draw = (word: number) => number;

/** How one word becomes a number; `normal`, which takes two at a time, stands apart. */
function drawing(distribution: Exclude<Distribution, 'normal'>, a: number, b: number): Draw {
  const { fround } = Math;
  const low = fround(a);
  const span = fround(fround(b) - low);
  switch (distribution) {
    case 'bits':
      return (word) => word | 0;
    case 'uniform':
      return (word) => fround(low + fround((word >>> 8) * 2 ** -24 * span));
    case 'gumbel':
      return (word) => fround(a - b * log(-log(((word >>> 8) + 0.5) * 2 ** -24)));
    case 'bernoulli':
      return (word) => Number((word >>> 8) * 2 ** -24 < a);
    case 'integer':
      return (word) => a + multiplyHigh(word, b - a);
  }
}

/** The four words of each block in turn. */
function fillBlocks(out: TypedArray, state: PhiloxState, put: (words: readonly number[], i: number) => void): void {
  const key = [state.key0 >>> 0, state.key1 >>> 0] as const;
  for (let i = 0; i < out.length; i += 4) {
    const block = state.block + i / 4;
    put(philox([block >>> 0, Math.floor(block / 2 ** 32) >>> 0, 0, 0], key), i);
  }
}

export const random: RandomKernels<TypedArray> = {
  random(distribution, out, state, a, b) {
    if (distribution === 'normal') {
      fillBlocks(out, state, ([w0, w1, w2, w3], i) => {
        const z = [...normalPair(w0!, w1!), ...normalPair(w2!, w3!)];
        for (let j = 0; j < Math.min(4, out.length - i); j++) out[i + j] = Math.fround(a + b * z[j]!);
      });
      return;
    }
    const draw = drawing(distribution, a, b);
    fillBlocks(out, state, (block, i) => {
      for (let j = 0; j < Math.min(4, out.length - i); j++) out[i + j] = draw(block[j]!);
    });
  },
};
