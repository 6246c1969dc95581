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

type Quartic = readonly [number, number, number, number, number];

// Minimax fits of the relative error: 4.2e-12 for -2 log(m) / s in s^2, 4.6e-12 for sin(pi t / 2) / t and 5.7e-11 for
// cos(pi t / 2), both in t^2 and for |t| <= 1 / 2.
const logPolynomial: Quartic = [
  -4.000000000016848, -1.333333304809209, -0.8000077173674635, -0.5706997188697144, -0.47234931637967054,
];
const sinPolynomial: Quartic = [
  1.57079632678775, -0.6459640961024207, 0.07969258184291618, -0.004681260627652985, 0.00015819507432159608,
];
const cosPolynomial: Quartic = [
  0.999999999943938, -1.233700539564758, 0.25366918259590815, -0.02085993602646019, 0.0009033629722073543,
];

/** The polynomial with these coefficients, from that of 1 on, in this order of steps. */
function evaluate([c0, c1, c2, c3, c4]: Quartic, z: number): number {
  const zz = z * z;
  return c0 + c1 * z + (c2 + c3 * z + c4 * zz) * zz;
}

/** -2 log(x) for normal x > 0 from + - * / alone: x = m 2^exponent with m around 1, s = (m - 1) / (m + 1). */
function minusTwoLog(x: number): number {
  double[0] = x;
  // Exponent and mantissa relative to sqrt(1/2) = 0x3fe6a09e 667f3bcd; the borrow between the words by hand.
  const borrow = words[0]! >>> 0 < 0x667f3bcd ? 1 : 0;
  const high = (words[1]! - 0x3fe6a09e - borrow) | 0;
  const low = ((words[0]! >>> 0) - 0x667f3bcd) >>> 0;
  const exponent = high >> 20;
  const lowSum = low + 0x667f3bcd;
  words[0] = lowSum | 0;
  words[1] = (high & 0xfffff) + 0x3fe6a09e + (lowSum >= 2 ** 32 ? 1 : 0);
  const m = double[0]!;
  const s = (m - 1) / (m + 1);
  return exponent * -1.3862943611198906 + s * evaluate(logPolynomial, s * s);
}

/** Two numbers of mean a and deviation b from two words (Box-Muller): radius from the first, angle from the second. */
function normalPair(word0: number, word1: number, a: number, b: number): [number, number] {
  const radius = b * Math.sqrt(minusTwoLog((word0 + 0.5) * 2 ** -32));
  // The angle is this many quarter turns, and t of the next: -1/2 <= t < 1/2.
  const quarter = (word1 + 2 ** 29) >>> 30;
  const t = (word1 << 2) * 2 ** -32;
  const sin = t * evaluate(sinPolynomial, t * t);
  const cos = evaluate(cosPolynomial, t * t);
  const x = quarter & 1 ? -sin : cos;
  const y = quarter & 1 ? cos : sin;
  return quarter & 2 ? [a - radius * x, a - radius * y] : [a + radius * x, a + radius * y];
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
      return (word) => fround(a + 0.5 * b * minusTwoLog(0.5 * minusTwoLog(((word >>> 8) + 0.5) * 2 ** -24)));
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
        const z = [...normalPair(w0!, w1!, a, b), ...normalPair(w2!, w3!, a, b)];
        for (let j = 0; j < Math.min(4, out.length - i); j++) out[i + j] = Math.fround(z[j]!);
      });
      return;
    }
    const draw = drawing(distribution, a, b);
    fillBlocks(out, state, (block, i) => {
      for (let j = 0; j < Math.min(4, out.length - i); j++) out[i + j] = draw(block[j]!);
    });
  },
};
