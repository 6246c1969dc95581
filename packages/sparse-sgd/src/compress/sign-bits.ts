/** Which entries are negative, one bit each. */
import type { SignsMessage, Vector } from './message.js';

/** Bit i % 8 of byte i / 8, lowest first, is set where entry i is below 0; not for -0. */
export function signBits(vector: Vector): Uint8Array {
  const { length } = vector;
  const bits = new Uint8Array(Math.ceil(length / 8));
  for (let byte = 0, i = 0; byte < bits.length; byte++) {
    let eight = 0;
    for (let bit = 0; bit < 8 && i < length; bit++, i++) eight |= +(vector[i]! < 0) << bit;
    bits[byte] = eight;
  }
  return bits;
}

/** A message of these signs: `negative` for entries below 0, `positive` for all others; in the precision of the vector. */
export function signsMessage(vector: Vector, bits: Uint8Array, negative: number, positive: number): SignsMessage {
  // Adding 0 turns -0 into 0.
  const rounded = (value: number): number => (vector instanceof Float64Array ? value : Math.fround(value)) + 0;
  return { kind: 'signs', length: vector.length, bits, negative: rounded(negative), positive: rounded(positive) };
}
