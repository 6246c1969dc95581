/** The same pseudo-random inputs for every library. */
import type { Input } from './side-by-side.js';

/** `length` values, uniform in [-1, 1), from a 32-bit mixing generator. */
export function randomValues(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    values[i] = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  }
  return values;
}

/** An input of this shape with values `scale` u + `offset`, u uniform in [-1, 1). */
export function randomInput(shape: readonly number[], seed: number, scale = 1, offset = 0): Input {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { shape, values: randomValues(length, seed).map((value) => scale * value + offset) };
}
