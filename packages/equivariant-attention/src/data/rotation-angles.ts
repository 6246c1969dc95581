/** The angles by which rotated MNIST was turned: those of NumPy's `RandomState(seed).uniform(0, 2 pi, count)`, which is the Mersenne Twister. */
import { requireCount } from '@saccade/tensor';

const size = 624;

/** Uniform in [0, 2 pi). The same seed gives the same angles, and the first of them for a smaller count. @throws {OptionError} unless both are whole numbers from 0, the seed below 2^32 */
export function rotationAngles(seed: number, count: number): Float64Array {
  requireCount('rotationAngles', 'seed', seed, 0, 2 ** 32 - 1);
  requireCount('rotationAngles', 'count', count, 0);
  const next = mersenneTwister(seed);
  return Float64Array.from({ length: count }, () => {
    const [high, low] = [next() >>> 5, next() >>> 6];
    return (2 * Math.PI * (high * 2 ** 26 + low)) / 2 ** 53;
  });
}

/** Words of 32 bits (Matsumoto and Nishimura 1998). */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) {
    const last = (state[i - 1] as number) ^ ((state[i - 1] as number) >>> 30);
    state[i] = Math.imul(last, 1812433253) + i;
  }
  let at = size;
  return () => {
    if (at === size) {
      twist(state);
      at = 0;
    }
    let word = state[at++] as number;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < size; i++) {
    const next = state[(i + 1) % size] as number;
    const joined = ((state[i] as number) & 0x80000000) | (next & 0x7fffffff);
    state[i] = (state[(i + 397) % size] as number) ^ (joined >>> 1) ^ ((next & 1) * 0x9908b0df);
  }
}
