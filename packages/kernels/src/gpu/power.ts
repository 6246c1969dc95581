/** Powers and remainders for kernel sources. */
import { type HelperFunction, helper } from './helper.js';

/**
 * a^b = 2^(b log2 a) loses as many bits as the product has before its point; so log2 a and the product are made of parts
 * that are exact, and a small rest.
 */
const powers = [
  helper(`function positivePower(a, b) {
    let m = mantissaOf(a);
    let e = exponentOf(a);
    if (a < 1.17549435e-38) {
      m = mantissaOf(a * 8388608);
      e = exponentOf(a * 8388608) - 23;
    }
    if (m > 1.41421356) {
      m *= 0.5;
      e += 1;
    }
    const f = m - 1;
    const s = leadingPart(f / (f + 2));
    const g = leadingPart(f);
    const t = (f - 2 * s - s * g - s * (f - g)) / (f + 2);
    const z = s * s;
    const low = 2 * t / (1 - z) + s * z * (((z * 0.22222222 + 0.28571429) * z + 0.4) * z + 0.66666667);
    const high = s * 2.884765625;
    const c = leadingPart(high);
    const d = (high - c) + (s * 6.244567779e-4 + low * 1.44269504);
    const guess = b * (e + high);
    if (guess > 130) { return fromBits(2139095040); }
    if (guess < -152) { return 0.0; }
    const p = leadingPart(b);
    const q = b - p;
    const n0 = Math.floor(p * e + 0.5);
    const n1 = Math.floor(q * e + 0.5);
    const n2 = Math.floor(p * c + 0.5);
    const y = (p * e - n0) + (q * e - n1) + (p * c - n2) + (q * c + b * d);
    const n3 = Math.floor(y + 0.5);
    return scaled(exponentialSmall((y - n3) * 0.69314718) + 1, n0 + n1 + n2 + n3);
  }`),
  // The same where a is 0 or infinite, or b infinite.
  helper(`function edgePower(a, b) {
    if (a === 1) { return fromBits(2143289344); }
    if (a > 1) { return b > 0 ? fromBits(2139095040) : 0.0; }
    return b > 0 ? 0.0 : fromBits(2139095040);
  }`),
  // a^b, as Math.pow has it: a negative base takes whole exponents only.
  helper(`function power(a, b) {
    if (b === 0) { return 1.0; }
    if (isNan(a) || isNan(b)) { return fromBits(2143289344); }
    const size = Math.abs(a);
    let v = 0;
    if (a === 0 || !isFinite(a) || !isFinite(b)) {
      v = edgePower(size, b);
    } else {
      v = positivePower(size, b);
    }
    if (bitsOf(a) >= 0) { return v; }
    if (Math.floor(b) !== b) { return a === 0 || !isFinite(a) ? v : fromBits(2143289344); }
    return Math.abs(b) < 16777216 && Math.floor(b * 0.5) * 2 !== b ? -v : v;
  }`),
];

/** The rest of a division takes one bit of the quotient at a time: every step is exact. */
const remainders = [
  helper(`function modulus(a, b) {
    const y = Math.abs(b);
    let r = Math.abs(a);
    if (!isFinite(a) || isNan(b) || y === 0) { return fromBits(2143289344); }
    if (r >= y) {
      let t = scaled(y, exponentOf(r) - exponentOf(y));
      if (t > r) { t *= 0.5; }
      for (let i = 0; i < 300; i++) {
        if (t < y) { break; }
        if (r >= t) { r -= t; }
        t *= 0.5;
      }
    }
    if (a < 0) { r = -r; }
    if ((r < 0 && b > 0) || (r > 0 && b < 0)) { return r + b; }
    return r;
  }`),
];

export const powerFunctions: readonly HelperFunction[] = [...powers, ...remainders];
