/** The two 16-bit floating point formats, IEEE binary16 (F16) and bfloat16 (BF16), widened exactly to float32. */

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
