/** Sine, cosine and tangent, and their inverses, for kernel sources. */
import { type HelperFunction, helper } from './helper.js';

/** `quarterTurns` is native: it reduces in whole numbers, exactly, whatever the size of x. */
const forward = [
  // sin(r + q pi / 2) for |r| <= pi / 4 and whole q >= 0.
  helper(`function turned(r, q) {
    const z = r * r;
    const s = ((z * -0.000195166558 + 0.00833217354) * z - 0.166666549) * (z * r) + r;
    const c = ((z * 2.443773e-5 - 0.00138873614) * z + 0.0416666466) * (z * z) + (1 - 0.5 * z);
    const half = Math.floor(q * 0.5);
    const y = q - 2 * half > 0.5 ? c : s;
    return half - 2 * Math.floor(half * 0.5) > 0.5 ? -y : y;
  }`),
  helper(`function sine(x) {
    if (Math.abs(x) < 0.78) { return turned(x, 0); }
    const turns = quarterTurns(x);
    return isFinite(x) ? turned(turns[0], turns[1]) : fromBits(2143289344);
  }`),
  helper(`function cosine(x) {
    if (Math.abs(x) < 0.78) { return turned(x, 1); }
    const turns = quarterTurns(x);
    return isFinite(x) ? turned(turns[0], turns[1] + 1) : fromBits(2143289344);
  }`),
  helper(`function tangent(x) {
    return sine(x) / cosine(x);
  }`),
];

const inverse = [
  // asin(x) for 0 <= x <= 1/2, z = x^2.
  helper(`function arcSineSmall(x, z) {
    const p = ((4.2163199048e-2 * z + 2.4181311049e-2) * z + 4.5470025998e-2) * z + 7.4953002686e-2;
    return (p * z + 1.6666752422e-1) * z * x + x;
  }`),
  // The angle whose cosine is x, for x >= 1/2.
  helper(`function arcCosineNear(x) {
    const z = 0.5 - 0.5 * x;
    return 2 * arcSineSmall(Math.sqrt(z), z);
  }`),
  helper(`function arcSine(x) {
    const a = Math.abs(x);
    if (!(a <= 1)) { return fromBits(2143289344); }
    const y = a > 0.5 ? 1.57079633 - arcCosineNear(a) : arcSineSmall(a, a * a);
    return x < 0 ? -y : y;
  }`),
  helper(`function arcCosine(x) {
    const a = Math.abs(x);
    if (!(a <= 1)) { return fromBits(2143289344); }
    if (a <= 0.5) { return 1.57079633 - (x < 0 ? -arcSineSmall(a, a * a) : arcSineSmall(a, a * a)); }
    return x < 0 ? 3.14159265 - arcCosineNear(a) : arcCosineNear(a);
  }`),
  // atan(y / x) for 0 <= y <= x, x > 0: beyond tan(pi / 8), what is left of pi / 4.
  helper(`function arcTangentBelow(y, x) {
    const far = y > x * 0.414213562;
    const t = far ? (y - x) / (y + x) : y / x;
    const z = t * t;
    const p = ((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1;
    return (far ? 0.785398163 : 0.0) + (p * z * t + t);
  }`),
  helper(`function arcTangent(x) {
    const a = Math.abs(x);
    const y = a > 1 ? 1.57079633 - arcTangentBelow(1, a) : arcTangentBelow(a, 1);
    if (isNan(x)) { return x; }
    return x < 0 ? -y : y;
  }`),
  // The angle of the point (x, y), as Math.atan2 has it.
  helper(`function arcTangent2(y, x) {
    const a = Math.abs(y);
    const b = Math.abs(x);
    let t = 0;
    if (a > b) { t = 1.57079633 - arcTangentBelow(b, a); }
    if (a < b) { t = arcTangentBelow(a, b); }
    if (a === b && a > 0) { t = 0.785398163; }
    if (isNan(x) || isNan(y)) { return fromBits(2143289344); }
    if (bitsOf(x) < 0) { t = 3.14159265 - t; }
    return bitsOf(y) < 0 ? -t : t;
  }`),
];

export const circleFunctions: readonly HelperFunction[] = [...forward, ...inverse];
