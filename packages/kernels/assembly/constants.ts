// The vector constants of ./math, in memory below the threads' control block. V8 builds a vector constant anew from
// general registers at each use in a loop; loading it made e^x twice as fast.

// @ts-ignore: decorator
@inline
const AT: usize = 64;
// @ts-ignore: decorator
@inline
const DOUBLES_AT: usize = 384;

/** The float32 (or 32-bit) constants, by place. */
export const enum K {
  ONE, HALF, MINUS_HALF, TWO, MINUS_2, FIVE, INFINITY, SIGN, MIN_NORMAL, TWO_23, MILLION, MAGIC_126,
  MAGIC_127, MAGIC_254, MINUS_18, MINUS_88, MINUS_105, PLUS_89, MINUS_88_3, PLUS_88, MINUS_127, LOG2E, MINUS_LN2, LN2_REST, LN2,
  MINUS_LN2_REST, E0, E1, E2, E3, F0, F1, F2, F3, F4, L0, L1, L2, P0, P1, P2, P3, P4, P5, P6, P7, P8, P9,
  ROOT_HALF, GELU0, GELU1, S0, S1, S2, C0, C1, C2, ROOT_HALF_BITS, MANTISSA,
}

/** The float64 constants, by place. */
export const enum K64 { TWO_OVER_PI, MAGIC, HALF_PI, HALF_PI_REST }

/** A constant in all four lanes. */
// @ts-ignore: decorator
@inline
export function k(place: K): v128 {
  return v128.load32_splat(AT + (<usize>place << 2));
}

/** A float64 constant in both lanes. */
// @ts-ignore: decorator
@inline
export function k64(place: K64): v128 {
  return v128.load64_splat(DOUBLES_AT + (<usize>place << 3));
}

// @ts-ignore: decorator
@inline
function put(place: K, value: f32): void {
  store<f32>(AT + (<usize>place << 2), value);
}

// @ts-ignore: decorator
@inline
function put64(place: K64, value: f64): void {
  store<f64>(DOUBLES_AT + (<usize>place << 3), value);
}

/** Writes the constants; called once for each memory, before any kernel. */
export function prepareConstants(): void {
  put(K.ONE, 1);
  put(K.HALF, 0.5);
  put(K.MINUS_HALF, -0.5);
  put(K.TWO, 2);
  put(K.MINUS_2, -2);
  put(K.FIVE, 5);
  put(K.INFINITY, Infinity);
  put(K.SIGN, -0.0);
  put(K.MIN_NORMAL, 1.17549435e-38);
  put(K.TWO_23, 8388608);
  put(K.MILLION, 1e6);
  put(K.MAGIC_126, 12582912 + 126);
  put(K.MAGIC_127, 12582912 + 127);
  put(K.MAGIC_254, 12582912 + 254);
  put(K.MINUS_18, -18);
  put(K.MINUS_88, -88);
  put(K.MINUS_105, -105);
  put(K.PLUS_89, 89);
  put(K.MINUS_88_3, -88.3);
  put(K.PLUS_88, 88);
  put(K.MINUS_127, -127);
  put(K.LOG2E, 1.442695041);
  put(K.MINUS_LN2, -0.693359375);
  put(K.LN2_REST, 2.1219444e-4);
  put(K.LN2, 0.693359375);
  put(K.MINUS_LN2_REST, -2.1219444e-4);
  put(K.E0, 0.00139466697);
  put(K.E1, 0.00836671051);
  put(K.E2, 0.04166628048);
  put(K.E3, 0.16666541994);
  put(K.F0, 0.00132644543);
  put(K.F1, 0.00967172547);
  put(K.F2, 0.0555073632);
  put(K.F3, 0.240222388);
  put(K.F4, 0.693146975);
  put(K.L0, 0.29885188);
  put(K.L1, 0.39977079);
  put(K.L2, 0.66666782);
  put(K.P0, 1.10554903e-6);
  put(K.P1, -2.03062762e-5);
  put(K.P2, 0.000162281433);
  put(K.P3, -0.000726752712);
  put(K.P4, 0.00177736609);
  put(K.P5, -0.00023217605);
  put(K.P6, -0.019129399);
  put(K.P7, 0.102774903);
  put(K.P8, 0.636619296);
  put(K.P9, 1.12837919);
  put(K.ROOT_HALF, 0.707106781);
  put(K.GELU0, 0.0713548162);
  put(K.GELU1, 1.5957691216);
  put(K.S0, -0.000195166558);
  put(K.S1, 0.00833217354);
  put(K.S2, -0.166666549);
  put(K.C0, 2.443773e-5);
  put(K.C1, -0.00138873614);
  put(K.C2, 0.0416666466);
  store<i32>(AT + (<usize>K.ROOT_HALF_BITS << 2), 0x3f3504f3);
  store<i32>(AT + (<usize>K.MANTISSA << 2), 0x7fffff);
  put64(K64.TWO_OVER_PI, 0.6366197723675814);
  put64(K64.MAGIC, 6755399441055744); // 1.5 2^52: adding it leaves a whole number in the low bits
  put64(K64.HALF_PI, 1.5707963267341256);
  put64(K64.HALF_PI_REST, 6.077100506506192e-11);
}
