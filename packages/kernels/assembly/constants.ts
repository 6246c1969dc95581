// The vector constants of ./math, in memory below the threads' control block. V8 builds a vector constant anew from
// general registers at each use in a loop; loading it made e^x twice as fast.

// @ts-ignore: decorator
@inline
const AT: usize = 64;
// @ts-ignore: decorator
@inline
const DOUBLES_AT: usize = 384;

/** Sixteen bytes behind the constants, for a number that is to be read as a vector. */
// @ts-ignore: decorator
@inline
export const NUMBER_AT: usize = 1008;

/** The float32 (or 32-bit) constants, by place. */
export const enum K {
  ONE, HALF, MINUS_HALF, TWO, MINUS_2, FIVE, INFINITY, SIGN, MIN_NORMAL, TWO_23, MILLION, MAGIC_126,
  MAGIC_127, MAGIC_254, MINUS_18, MINUS_87, MINUS_10, PLUS_128, MINUS_105, PLUS_89, MINUS_89, PLUS_88, MINUS_127, LOG2E, MINUS_LN2, LN2_REST, LN2,
  MINUS_LN2_REST, E0, E1, E2, E3, F0, F1, F2, F3, F4, L0, L1, L2, P0, P1, P2, P3, P4, P5, P6, P7, P8, P9,
  ROOT_HALF, GELU0, GELU1, SLOPE0, SLOPE1, DENSITY, S0, S1, S2, C0, C1, C2, ROOT_HALF_BITS, MANTISSA,
  PHILOX0, PHILOX1, WEYL0, WEYL1,
}

/** The float64 constants, by place. */
export const enum K64 {
  TWO_OVER_PI, MAGIC, HALF_PI, HALF_PI_REST,
  ONE, HALF, TWO, MINUS_HALF, LOG0, LOG1, LOG2, LOG3, LOG4, LOG5, LOG6, LOG7,
  LOG8, LOG9, LOG10, SIN0, SIN1, SIN2, SIN3, SIN4, SIN5, SIN6, SIN7, COS0,
  COS1, COS2, COS3, COS4, COS5, COS6, SIGN_64, FRACTION_64, ROOT_HALF_64, TO_EXPONENT, TWO_52, TWO_52_1023, MINUS_LN4,
  FIXED, FIXED_LESS_2_M33, FIXED_LESS_2_M25, FIXED_HALF, EIGHTH_TURN,
  // Polynomials of degree 4, from the coefficient of 1 on.
  LOG_POLYNOMIAL, SIN_POLYNOMIAL = LOG_POLYNOMIAL + 5, COS_POLYNOMIAL = SIN_POLYNOMIAL + 5,
}

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
  put(-89); // MINUS_89
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
  put(reinterpret<f32>(0xd2511f53)); // PHILOX0
  put(reinterpret<f32>(0xcd9e8d57)); // PHILOX1
  put(reinterpret<f32>(0x9e3779b9)); // WEYL0
  put(reinterpret<f32>(0xbb67ae85)); // WEYL1
  put64(K64.TWO_OVER_PI, 0.6366197723675814);
  put64(K64.MAGIC, 6755399441055744); // 1.5 2^52: adding it leaves a whole number in the low bits
  put64(K64.HALF_PI, 1.5707963267341256);
  put64(K64.HALF_PI_REST, 6.077100506506192e-11);
  put64(K64.ONE, 1);
  put64(K64.HALF, 0.5);
  put64(K64.TWO, 2);
  put64(K64.MINUS_HALF, -0.5);
  put64(K64.LOG0, 2.0 / 19.0);
  put64(K64.LOG1, 2.0 / 17.0);
  put64(K64.LOG2, 2.0 / 15.0);
  put64(K64.LOG3, 2.0 / 13.0);
  put64(K64.LOG4, 2.0 / 11.0);
  put64(K64.LOG5, 2.0 / 9.0);
  put64(K64.LOG6, 2.0 / 7.0);
  put64(K64.LOG7, 2.0 / 5.0);
  put64(K64.LOG8, 2.0 / 3.0);
  put64(K64.LOG9, 1.9082149292705877e-10);
  put64(K64.LOG10, 0.6931471803691238);
  put64(K64.SIN0, 1.0 / 355687428096000.0);
  put64(K64.SIN1, -1.0 / 1307674368000.0);
  put64(K64.SIN2, 1.0 / 6227020800.0);
  put64(K64.SIN3, -1.0 / 39916800.0);
  put64(K64.SIN4, 1.0 / 362880.0);
  put64(K64.SIN5, -1.0 / 5040.0);
  put64(K64.SIN6, 1.0 / 120.0);
  put64(K64.SIN7, -1.0 / 6.0);
  put64(K64.COS0, 1.0 / 20922789888000.0);
  put64(K64.COS1, -1.0 / 87178291200.0);
  put64(K64.COS2, 1.0 / 479001600.0);
  put64(K64.COS3, -1.0 / 3628800.0);
  put64(K64.COS4, 1.0 / 40320.0);
  put64(K64.COS5, -1.0 / 720.0);
  put64(K64.COS6, 1.0 / 24.0);
  put64(K64.SIGN_64, -0.0);
  put64(K64.FRACTION_64, reinterpret<f64>(0xfffffffffffff));
  put64(K64.ROOT_HALF_64, reinterpret<f64>(0x3fe6a09e667f3bcd));
  put64(K64.TO_EXPONENT, reinterpret<f64>(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
  put64(K64.TWO_52, 4503599627370496); // 2^52: its low bits hold a whole number
  put64(K64.TWO_52_1023, 4503599627370496 + 1023);
  put64(K64.MINUS_LN4, -1.3862943611198906);
  put64(K64.FIXED, 1048576); // 2^20: its low 32 bits hold a fraction
  put64(K64.FIXED_LESS_2_M33, 1048576 - 1.1641532182693481e-10);
  put64(K64.FIXED_LESS_2_M25, 1048576 - 2.9802322387695312e-8);
  put64(K64.FIXED_HALF, 1048576.5);
  put64(K64.EIGHTH_TURN, reinterpret<f64>(0x2000000000000000));
  put64(K64.LOG_POLYNOMIAL, -4.000000000016848);
  put64(K64.LOG_POLYNOMIAL + 1, -1.333333304809209);
  put64(K64.LOG_POLYNOMIAL + 2, -0.8000077173674635);
  put64(K64.LOG_POLYNOMIAL + 3, -0.5706997188697144);
  put64(K64.LOG_POLYNOMIAL + 4, -0.47234931637967054);
  put64(K64.SIN_POLYNOMIAL, 1.57079632678775);
  put64(K64.SIN_POLYNOMIAL + 1, -0.6459640961024207);
  put64(K64.SIN_POLYNOMIAL + 2, 0.07969258184291618);
  put64(K64.SIN_POLYNOMIAL + 3, -0.004681260627652985);
  put64(K64.SIN_POLYNOMIAL + 4, 0.00015819507432159608);
  put64(K64.COS_POLYNOMIAL, 0.999999999943938);
  put64(K64.COS_POLYNOMIAL + 1, -1.233700539564758);
  put64(K64.COS_POLYNOMIAL + 2, 0.25366918259590815);
  put64(K64.COS_POLYNOMIAL + 3, -0.02085993602646019);
  put64(K64.COS_POLYNOMIAL + 4, 0.0009033629722073543);
}
