/** The random order that NumPy's `RandomState(seed).permutation(count)` gives, so that data can be split as others did. */

const [length, middle] = [624, 397];

/** The Mersenne Twister MT19937, of which NumPy's `RandomState` draws. */
class MersenneTwister {
  readonly #state = new Uint32Array(length);
  #next = length;

  constructor(seed: number) {
    this.#state[0] = seed;
    for (let i = 1; i < length; i++) {
      const before = this.#at(i - 1);
      this.#state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
  }

  /** The next 32 bits. */
  bits(): number {
    if (this.#next === length) this.#twist();
    let y = this.#at(this.#next++);
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  #at(i: number): number {
    return this.#state[i % length] as number;
  }

  #twist(): void {
    for (let i = 0; i < length; i++) {
      const y = (this.#at(i) & 0x80000000) | (this.#at(i + 1) & 0x7fffffff);
      this.#state[i] = this.#at(i + middle) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

/** 0 to count - 1 in NumPy's order. @param seed a whole number from 0 to below 2^32 */
export function numpyPermutation(seed: number, count: number): Int32Array {
  const twister = new MersenneTwister(seed);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = numberUpTo(twister, i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Draws as many bits as `most` has until they are no more than it. */
function numberUpTo(twister: MersenneTwister, most: number): number {
  const mask = 2 ** (32 - Math.clz32(most)) - 1;
  for (;;) {
    const drawn = twister.bits() & mask;
    if (drawn <= most) return drawn;
  }
}
