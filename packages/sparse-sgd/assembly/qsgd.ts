// QSGD's random levels of a norm, step by step as src/compress/qsgd-plain.ts computes those of float32.

// @ts-ignore: decorator
@inline
function lowPair(four: v128): v128 {
  return f64x2.promote_low_f32x4(four);
}

// @ts-ignore: decorator
@inline
function highPair(four: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(four, four, 2, 3, 0, 1));
}

/** The Euclidean norm of n values. */
function norm(x: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four = v128.load(x + (<usize>i << 2));
    const a = lowPair(four);
    const b = highPair(four);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const total = f64x2.add(low, high);
  let square = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  for (; i < n; i++) {
    const value = <f64>load<f32>(x + (<usize>i << 2));
    square += value * value;
  }
  return sqrt(square);
}

/** norms float32 [buckets] of x [n], at most the largest number; NaN or infinite for those that have such entries. An item is a bucket. */
export function bucketNorms(x: usize, norms: usize, n: i32, bucket: i32, start: i32, end: i32, scratch: usize): void {
  for (let b = start; b < end; b++) {
    const from = b * bucket;
    const size = norm(x + (<usize>from << 2), min(bucket, n - from));
    // Infinite only if an entry is: then the caller must learn of it.
    store<f32>(norms + (<usize>b << 2), size < Infinity ? <f32>min(size, <f64>f32.MAX_VALUE) : <f32>size);
  }
}

/** Four signed levels: sign(x) (floor(l) + [u < l - floor(l)]), l = s (|x| / norm), at most s. */
// @ts-ignore: decorator
@inline
function levelsOf(x: v128, u: v128, s: v128, size: v128): v128 {
  // Rounding may have made the norm smaller than its only entry.
  const l = f32x4.pmin(f32x4.mul(s, f32x4.div(f32x4.abs(x), size)), s);
  const whole = f32x4.floor(l);
  // A comparison that holds is -1.
  const level = i32x4.sub(i32x4.trunc_sat_f32x4_s(whole), f32x4.lt(u, f32x4.sub(l, whole)));
  const negative = i32x4.shr_s(x, 31);
  return i32x4.sub(v128.xor(level, negative), negative);
}

/** levels int16 [n] of x [n] with uniforms [n], for the norms of the buckets; the levels of a bucket of norm 0 are 0. An item is `piece` entries. */
export function qsgd(
  x: usize,
  uniforms: usize,
  levels: usize,
  norms: usize,
  n: i32,
  s: f32,
  bucket: i32,
  piece: i32,
  start: i32,
  end: i32,
  scratch: usize,
): void {
  const s4 = f32x4.splat(s);
  const last = min(end * piece, n);
  for (let i = start * piece; i < last; ) {
    const b = i / bucket;
    const to = min((b + 1) * bucket, last);
    const size = load<f32>(norms + (<usize>b << 2));
    // Of zeros 0 is left, whatever they are divided by.
    const size4 = f32x4.splat(size > 0 ? size : f32.MAX_VALUE);
    for (; i + 8 <= to; i += 8) {
      const at = <usize>i << 2;
      const low = levelsOf(v128.load(x + at), v128.load(uniforms + at), s4, size4);
      const high = levelsOf(v128.load(x + at, 16), v128.load(uniforms + at, 16), s4, size4);
      v128.store(levels + (<usize>i << 1), i16x8.narrow_i32x4_s(low, high));
    }
    for (; i < to; i++) {
      const at = <usize>i << 2;
      const one = levelsOf(f32x4.splat(load<f32>(x + at)), f32x4.splat(load<f32>(uniforms + at)), s4, size4);
      store<i16>(levels + (<usize>i << 1), <i16>i32x4.extract_lane(one, 0));
    }
  }
}
