/** The two 16-bit formats of numbers, IEEE binary16 and bfloat16: rounding to them and widening from them. */

const single = new Float32Array(1);
const word = new Uint32Array(single.buffer);

/** The float32 with these bits. */
function singleOf(bits: number): number {
  word[0] = bits;
  return single[0]!;
}

/** The bits of the number as a float32. */
function bitsOf(value: number): number {
  single[0] = value;
  return word[0]!;
}

/** `bits` without its lowest `count`, to the nearest, and to the even one of two that are equally near. */
function dropBits(bits: number, count: number): number {
  const half = 2 ** (count - 1);
  return (bits + half - 1 + ((bits >>> count) & 1)) >>> count;
}

/**
 * The binary16 nearest to a number, ties to even, by way of its float32. Above 65519 infinite; NaN stays NaN.
 * @returns the 16 bits: sign, 5 of the exponent, 10 of the fraction
 */
export function toFloat16(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  // Normal: the exponent's bias falls from 127 to 15; a carry out of the fraction is right, into infinity too.
  if (magnitude >= 0x38800000) return sign | dropBits(magnitude - (112 << 23), 13);
  const shift = 126 - (magnitude >>> 23);
  // Below half of the smallest subnormal, 2^-24.
  if (shift > 24) return sign;
  return sign | dropBits((magnitude & 0x7fffff) | 0x800000, shift);
}

/** The number that the 16 bits of a binary16 stand for; exact. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return singleOf(((bits & 0x8000) << 16) | ((exponent + 112) << 23) | (fraction << 13));
}

/**
 * The bfloat16 nearest to a number, ties to even, by way of its float32. NaN stays NaN.
 * @returns the 16 bits: sign, 8 of the exponent, 7 of the fraction
 */
export function toBfloat16(value: number): number {
  const bits = bitsOf(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return dropBits(bits, 16);
}

/** The number that the 16 bits of a bfloat16 stand for; exact. */
export function fromBfloat16(bits: number): number {
  return singleOf(bits << 16);
}
