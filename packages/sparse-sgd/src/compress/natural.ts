/** Natural compression: stochastic rounding to a power of two (Horvath et al., 2019). */
import { requireFiniteVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import type { PowersMessage, Vector } from './message.js';
import { powerOfTwo } from './power-of-two.js';
import { drawUniforms, type Randomness } from './uniforms.js';

const smallest = -149;
const largest = 127;

const words = new DataView(new ArrayBuffer(8));

/** The exponent of the greatest power of two that is at most `magnitude`, a normal float64. */
function exponentOf(magnitude: number): number {
  words.setFloat64(0, magnitude);
  return (words.getUint32(0) >>> 20) - 1023;
}

/** The code of one entry: 0, or sign (exponent + 256). */
function codeOf(value: number, uniform: number): number {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return 0;
  let exponent = largest;
  if (magnitude < 2 ** smallest) {
    // Between 0 and the smallest power.
    if (uniform >= magnitude / 2 ** smallest) return 0;
    exponent = smallest;
  } else if (magnitude < 2 ** largest) {
    exponent = exponentOf(magnitude);
    if (uniform < magnitude / powerOfTwo(exponent + 256) - 1) exponent++;
  }
  return value < 0 ? -(exponent + 256) : exponent + 256;
}

/**
 * Each entry of magnitude 2^e (1 + t), 0 <= t < 1, becomes 2^(e + 1) with probability t, else 2^e, with its sign: the mean is right.
 * Powers are those of float32, 2^-149 to 2^127; larger entries become the largest.
 *
 * @param randomness one uniform an entry
 * @throws {OptionError} if an entry is NaN or infinite, or there are no uniforms
 */
export function natural(vector: Vector, randomness: Randomness): PowersMessage {
  requireFiniteVector('natural', vector);
  const { length } = vector;
  const uniforms = drawUniforms('natural', randomness, length);
  const codes = new Int16Array(length);
  for (let i = 0; i < length; i++) codes[i] = codeOf(vector[i]!, uniforms[i]!);
  return { kind: 'powers', length, codes };
}

/** Natural compression. Unbiased; contraction 7 / 8, for entries from 2^-149 to 2^127. */
export function naturalCompressor(): Compressor {
  return {
    name: 'natural',
    unbiased: true,
    contraction: () => 7 / 8,
    compress: (vector, rng) => natural(vector, rng),
  };
}
