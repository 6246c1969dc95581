/**
 * Functions of one and two numbers for kernel sources, as accurate as float32 allows. The built-in ones of GPUs are too
 * coarse: WGSL lets `exp` be off by 3 + 2|x| units in the last place, `log` and `sin` by 2^-21 and 2^-11 in absolute
 * terms, `tanh` overflows, and neither NaN nor infinities need to come out as they should. The polynomials are those of
 * the wasm device (assembly/math.ts).
 *
 * Compilers may reorder sums and products, which would undo a reduction in two steps: `Math.min` and `Math.floor` between
 * the steps hold them off.
 */
import { circleFunctions } from './circle.js';
import { type HelperFunction, helper } from './helper.js';
import { powerFunctions } from './power.js';

/** e^x in pieces: x = n ln 2 + r with |r| <= 0.35. */
const exponentials = [
  helper(`function reducedByLn2(x, n) {
    return Math.min(x - n * 0.693359375, 1) + n * 2.1219444e-4;
  }`),
  // e^r - 1.
  helper(`function exponentialSmall(r) {
    const q = ((0.00139466697 * r + 0.00836671051) * r + 0.04166628048) * r + 0.16666541994;
    return (q * r + 0.5) * (r * r) + r;
  }`),
  // 2^n for whole n in [-127, 128]: 0 and Infinity at the ends.
  helper(`function powerOfTwo(n) {
    return fromBits((int(n) + 127) * 8388608);
  }`),
  // y 2^n for whole n in [-252, 254]; in two factors, for results near the ends of the range.
  helper(`function scaled(y, n) {
    const half = Math.floor(n * 0.5);
    return y * powerOfTwo(half) * powerOfTwo(n - half);
  }`),
  // e^x: 0 at -Infinity, Infinity above 88.73.
  helper(`function exponential(x) {
    const v = Math.min(Math.max(x, -105), 89);
    const n = Math.floor(v * 1.442695041 + 0.5);
    const y = scaled(exponentialSmall(reducedByLn2(v, n)) + 1, n);
    return isNan(x) ? x : y;
  }`),
  // e^x - 1, small results as exact as large ones.
  helper(`function exponentialMinusOne(x) {
    const v = Math.min(Math.max(x, -18), 89);
    const n = Math.floor(v * 1.442695041 + 0.5);
    const half = powerOfTwo(n - 1);
    const y = half * exponentialSmall(reducedByLn2(v, n)) + (half - 0.5);
    return isNan(x) ? x : y + y;
  }`),
];

const logarithms = [
  // n ln 2 + log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1]: a series in f / (2 + f).
  helper(`function logarithmParts(n, f) {
    const s = f / (f + 2);
    const z = s * s;
    const p = ((z * 0.29885188 + 0.39977079) * z + 0.66666782) * z;
    const h = f * f * 0.5;
    return n * 0.693359375 + (f - (h - (s * (p + h) - n * 2.1219444e-4)));
  }`),
  // Natural logarithm: -Infinity at 0, NaN below.
  helper(`function logarithm(x) {
    let u = x;
    let n = 0;
    if (x < 1.17549435e-38) {
      u = x * 8388608;
      n = -23;
    }
    let m = mantissaOf(u);
    n += exponentOf(u);
    if (m > 1.41421356) {
      m *= 0.5;
      n += 1;
    }
    const y = logarithmParts(n, m - 1);
    if (x > 0 && isFinite(x)) { return y; }
    if (x === 0) { return fromBits(-8388608); }
    return x < 0 ? fromBits(2143289344) : x;
  }`),
  // log(1 + x), small results as exact as large ones.
  helper(`function logarithmOnePlus(x) {
    if (x > -0.29 && x < 0.41) { return logarithmParts(0, x); }
    return logarithm(x + 1);
  }`),
];

const hyperbolics = [
  helper(`function hyperbolicSine(x) {
    const a = Math.abs(x);
    const h = exponential(a * 0.5);
    const e = exponentialMinusOne(a);
    const y = a < 20 ? 0.5 * (e + e / (e + 1)) : 0.5 * h * h;
    return x < 0 ? -y : y;
  }`),
  helper(`function hyperbolicCosine(x) {
    const h = exponential(Math.abs(x) * 0.5);
    const e = h * h;
    return Math.abs(x) < 20 ? 0.5 * (e + 1 / e) : 0.5 * h * h;
  }`),
  helper(`function hyperbolicTangent(x) {
    const e = exponentialMinusOne(-2 * Math.abs(x));
    const y = -e / (e + 2);
    return x < 0 ? -y : y;
  }`),
];

/** The activations of neural networks and their gradients, and what they are made of. */
const activations = [
  // 1 / (1 + e^-x), from e^-|x| so that both ends keep their digits.
  helper(`function sigmoid(x) {
    const e = exponential(-Math.abs(x));
    return (x < 0 ? e : 1.0) / (e + 1);
  }`),
  // log(1 + e^x).
  helper(`function softplus(x) {
    return Math.max(x, 0) + logarithmOnePlus(exponential(-Math.abs(x)));
  }`),
  helper(`function silu(x) {
    return x * sigmoid(x);
  }`),
  // -log(erfc(a)) for a >= 0: a times a polynomial, which beyond 5 stays constant.
  helper(`function logErfc(a) {
    const v = Math.min(a, 5);
    const p = (((1.10554903e-6 * v - 2.03062762e-5) * v + 0.000162281433) * v - 0.000726752712) * v + 0.00177736609;
    const q = (((p * v - 0.00023217605) * v - 0.019129399) * v + 0.102774903) * v + 0.636619296;
    return a * (q * v + 1.12837919);
  }`),
  // The error function within 2e-7.
  helper(`function errorFunction(x) {
    const y = exponentialMinusOne(-logErfc(Math.abs(x)));
    return x < 0 ? y : -y;
  }`),
  // Distribution function of the normal distribution.
  helper(`function normalBelow(x) {
    const tail = 0.5 * exponential(-logErfc(Math.abs(x) * 0.707106781));
    return x < 0 ? tail : 1 - tail;
  }`),
  helper(`function gelu(x) {
    return x * normalBelow(x);
  }`),
  // 2 sqrt(2 / pi) (x + 0.044715 x^3): the tanh approximation of gelu is x sigmoid of it.
  helper(`function geluTanhInner(x) {
    return x * (x * x * 0.0713548163 + 1.5957691216);
  }`),
  helper(`function geluTanh(x) {
    return x * sigmoid(geluTanhInner(x));
  }`),
  // s (1 - s), which from s itself would lose the digits of 1 - s.
  helper(`function sigmoidSlope(x) {
    const e = exponential(-Math.abs(x));
    return e / ((e + 1) * (e + 1));
  }`),
  helper(`function siluSlope(x) {
    return x * sigmoidSlope(x) + sigmoid(x);
  }`),
  helper(`function geluSlope(x) {
    return x * exponential(x * x * -0.5) * 0.39894228 + normalBelow(x);
  }`),
  helper(`function geluTanhSlope(x) {
    const u = geluTanhInner(x);
    return x * (x * x * 0.2140644488 + 1.5957691216) * sigmoidSlope(u) + sigmoid(u);
  }`),
];

const roundings = [
  helper(`function roundHalfEven(x) {
    const low = Math.floor(x);
    const rest = x - low;
    if (rest < 0.5 || (rest === 0.5 && Math.floor(low * 0.5) * 2 === low)) { return low; }
    return rest >= 0.5 ? low + 1 : x;
  }`),
  helper(`function signOf(x) {
    if (x > 0) { return 1.0; }
    return x < 0 ? -1.0 : x;
  }`),
];

/** All of them. Kernels call them by name. */
export const mathFunctions: readonly HelperFunction[] = [
  ...exponentials,
  ...logarithms,
  ...hyperbolics,
  ...activations,
  ...roundings,
  ...circleFunctions,
  ...powerFunctions,
];
