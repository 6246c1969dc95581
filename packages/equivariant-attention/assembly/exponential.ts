// The exponential of scores. Products of three of them are weights, so each has to be exact to a float32's last bit or so, which the
// faster ones of softmax are near 0 alone.
import { fma, K, k } from '../../kernels/assembly/lib';
import { vectors } from './call';

/** e^r for |r| <= 0.35, times 2^n, whose bits are n's with a bias in t. */
// @ts-ignore: decorator
@inline
function powerTimes(r: v128, t: v128, e0: v128, e1: v128, e2: v128, e3: v128, half: v128, one: v128): v128 {
  let q = fma(e0, r, e1);
  q = fma(q, r, e2);
  q = fma(q, r, e3);
  q = fma(q, r, half);
  return f32x4.mul(fma(fma(q, r, one), r, one), i32x4.shl(t, 23));
}

/**
 * x = e^(x - shift), by two vectors: of an odd number one more. Within 2e-7 for x - shift from -87 to 80, 0 below -88; constants are
 * loaded once for both vectors.
 */
export function exponentials(x: usize, count: i32, shift: v128): void {
  for (const end = x + vectors(count); x < end; x += 32) {
    const low = f32x4.neg(k(K.PLUS_88)), magic = k(K.MAGIC_127), log2e = k(K.LOG2E);
    const v0 = f32x4.pmax(f32x4.sub(v128.load(x), shift), low), v1 = f32x4.pmax(f32x4.sub(v128.load(x, 16), shift), low);
    const t0 = fma(v0, log2e, magic), t1 = fma(v1, log2e, magic);
    const n0 = f32x4.sub(t0, magic), n1 = f32x4.sub(t1, magic);
    const ln2 = k(K.MINUS_LN2), rest = k(K.LN2_REST);
    const r0 = fma(n0, rest, fma(n0, ln2, v0)), r1 = fma(n1, rest, fma(n1, ln2, v1));
    const e0 = k(K.E0), e1 = k(K.E1), e2 = k(K.E2), e3 = k(K.E3), half = k(K.HALF), one = k(K.ONE);
    v128.store(x, powerTimes(r0, t0, e0, e1, e2, e3, half, one));
    v128.store(x, powerTimes(r1, t1, e0, e1, e2, e3, half, one), 16);
  }
}
