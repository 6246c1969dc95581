/** The two 16-bit floating point formats, IEEE binary16 (F16) and bfloat16 (BF16): widened exactly, narrowed to the nearest. */

/** The bits of the float32 that equals the F16 with these 16 bits; subnormals, infinities and NaN payloads included. */
function widenFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal half is fraction * 2^-24, a normal float32: move its leading one to bit 10 and drop it there.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/**
 * IEEE binary16 to float32. Exact: every F16 is a float32, NaN keeps its payload.
 *
 * @param bits one element per value, the 16 bits of an F16
 * @returns a new array of the same length
 */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = widenFloat16(bits[i]!);
  return new Float32Array(words.buffer);
}

/**
 * bfloat16 to float32. Exact: a BF16 is the upper half of a float32.
 *
 * @param bits one element per value, the 16 bits of a BF16
 * @returns a new array of the same length
 */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/** The F16 nearest to the float32 with these bits, ties to even. */
function narrowToFloat16(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 0x200);
  // 65520 is the middle between the largest F16 and what would come next.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - (112 << 23);
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  // Below 2^-14 an F16 counts steps of 2^-24; below 2^-25 the nearest is zero.
  if (magnitude < 0x33000000) return sign;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const steps = fraction >>> shift;
  return sign | ((fraction + (1 << (shift - 1)) - 1 + (steps & 1)) >>> shift);
}

/** The BF16 nearest to the float32 with these bits, ties to even. */
function narrowToBfloat16(word: number): number {
  const upper = word >>> 16;
  // NaN; its payload may lie in the half that goes.
  if ((word & 0x7fffffff) > 0x7f800000) return (upper & 0x7f) === 0 ? upper | 0x40 : upper;
  return (word + 0x7fff + (upper & 1)) >>> 16;
}

/**
 * The bits of float32 numbers that round to F16 and BF16 as the given float64 numbers do: cut off, with the last bit set
 * where anything was cut off (rounding to odd). Rounded to the nearest here, some would be rounded twice.
 */
function oddBits(values: Float64Array): Uint32Array {
  const near = new Float32Array(values);
  const words = new Uint32Array(near.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const distance = Math.abs(near[i]!) - Math.abs(value);
    if (distance > 0) words[i] = (words[i]! - 1) | 1;
    else if (distance < 0) words[i]! |= 1;
  }
  return words;
}

function bitsOf(values: Float32Array | Float64Array): Uint32Array {
  if (values instanceof Float64Array) return oddBits(values);
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/**
 * Numbers to IEEE binary16: the nearest, ties to even; from 65520 on Infinity; NaN stays NaN, with the part of its
 * payload that fits.
 *
 * @returns a new array of the same length, the 16 bits of an F16 in each element
 */
export function toFloat16(values: Float32Array | Float64Array): Uint16Array {
  const words = bitsOf(values);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = narrowToFloat16(words[i]!);
  return bits;
}

/**
 * Numbers to bfloat16: the nearest, ties to even; beyond the largest Infinity; NaN stays NaN.
 *
 * @returns a new array of the same length, the 16 bits of a BF16 in each element
 */
export function toBfloat16(values: Float32Array | Float64Array): Uint16Array {
  const words = bitsOf(values);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = narrowToBfloat16(words[i]!);
  return bits;
}
