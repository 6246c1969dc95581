/** The random numbers of the generated images: xoshiro128** seeded by splitmix32, one stream for each image. */

/** Which part of a generated data set: each has images of its own. */
export type GeneratedSplit = 'train' | 'test' | 'valid';

const splits: readonly GeneratedSplit[] = ['train', 'test', 'valid'];

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Output `step` (from 1) of splitmix32. */
function splitmix32(state: number, step: number): number {
  let z = (state + Math.imul(step, 0x9e3779b9)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** xoshiro128**: whole numbers of 32 bits, the same on every host, as all of it is arithmetic modulo 2^32. */
export class StreamGenerator {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param state 32 bits, of which splitmix32 makes the generator's 128 */
  constructor(state: number) {
    this.#a = splitmix32(state, 1);
    this.#b = splitmix32(state, 2);
    this.#c = splitmix32(state, 3);
    this.#d = splitmix32(state, 4);
  }

  /** The stream of one image, whatever was drawn for others. */
  static of(seed: number, split: GeneratedSplit, index: number): StreamGenerator {
    const place = Math.imul(splits.indexOf(split), 0x85ebca77) + Math.imul(index, 0xc2b2ae3d);
    return new StreamGenerator((Math.imul(seed, 0x9e3779b1) + place + 0x27d4eb2f) | 0);
  }

  /** The next number in [0, 2^32). */
  next(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** A whole number in [0, limit). The product is exact for limits up to 2^21. */
  below(limit: number): number {
    return Math.floor((this.next() * limit) / 2 ** 32);
  }
}
