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
  MAGIC_127, MAGIC_254, MINUS_18, MINUS_87, MINUS_10, PLUS_128, MINUS_105, PLUS_89, MINUS_88_3, PLUS_88, MINUS_127, LOG2E, MINUS_LN2, LN2_REST, LN2,
  MINUS_LN2_REST, E0, E1, E2, E3, F0, F1, F2, F3, F4, L0, L1, L2, P0, P1, P2, P3, P4, P5, P6, P7, P8, P9,
  ROOT_HALF, GELU0, GELU1, SLOPE0, SLOPE1, DENSITY, S0, S1, S2, C0, C1, C2, ROOT_HALF_BITS, MANTISSA,
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

/** Where the next constant goes. */
let next: usize = AT;

function put(value: f32): void {
  store<f32>(next, value);
  next += 4;
}

// @ts-ignore: decorator
@inline
function put64(place: K64, value: f64): void {
  store<f64>(DOUBLES_AT + (<usize>place << 3), value);
}

/** Writes the constants, in the order of K; called once for each memory, before any kernel. */
export function prepareConstants(): void {
  put(1); // ONE
  put(0.5); // HALF
  put(-0.5); // MINUS_HALF
  put(2); // TWO
  put(-2); // MINUS_2
  put(5); // FIVE
  put(Infinity); // INFINITY
  put(-0.0); // SIGN
  put(1.17549435e-38); // MIN_NORMAL
  put(8388608); // TWO_23
  put(1e6); // MILLION
  put(12582912 + 126); // MAGIC_126
  put(12582912 + 127); // MAGIC_127
  put(12582912 + 254); // MAGIC_254
  put(-18); // MINUS_18
  put(-87); // MINUS_87
  put(-10); // MINUS_10
  put(128); // PLUS_128
  put(-105); // MINUS_105
  put(89); // PLUS_89
  put(-88.3); // MINUS_88_3
  put(88); // PLUS_88
  put(-127); // MINUS_127
  put(1.442695041); // LOG2E
  put(-0.693359375); // MINUS_LN2
  put(2.1219444e-4); // LN2_REST
  put(0.693359375); // LN2
  put(-2.1219444e-4); // MINUS_LN2_REST
  put(0.00139466697); // E0
  put(0.00836671051); // E1
  put(0.04166628048); // E2
  put(0.16666541994); // E3
  put(0.00132644543); // F0
  put(0.00967172547); // F1
  put(0.0555073632); // F2
  put(0.240222388); // F3
  put(0.693146975); // F4
  put(0.29885188); // L0
  put(0.39977079); // L1
  put(0.66666782); // L2
  put(1.10554903e-6); // P0
  put(-2.03062762e-5); // P1
  put(0.000162281433); // P2
  put(-0.000726752712); // P3
  put(0.00177736609); // P4
  put(-0.00023217605); // P5
  put(-0.019129399); // P6
  put(0.102774903); // P7
  put(0.636619296); // P8
  put(1.12837919); // P9
  put(0.707106781); // ROOT_HALF
  put(-0.10294323958); // GELU0
  put(-2.3022081981); // GELU1
  put(0.2140644486); // SLOPE0
  put(1.5957691216); // SLOPE1
  put(0.39894228); // DENSITY
  put(-0.000195166558); // S0
  put(0.00833217354); // S1
  put(-0.166666549); // S2
  put(2.443773e-5); // C0
  put(-0.00138873614); // C1
  put(0.0416666466); // C2
  put(reinterpret<f32>(0x3f3504f3)); // ROOT_HALF_BITS
  put(reinterpret<f32>(0x7fffff)); // MANTISSA
  put64(K64.TWO_OVER_PI, 0.6366197723675814);
  put64(K64.MAGIC, 6755399441055744); // 1.5 2^52: adding it leaves a whole number in the low bits
  put64(K64.HALF_PI, 1.5707963267341256);
  put64(K64.HALF_PI_REST, 6.077100506506192e-11);
}
