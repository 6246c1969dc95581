// Runs of float32 values.

/** y += weight x. */
export function axpy(weight: f32, x: usize, y: usize, count: i32): void {
  const w = f32x4.splat(weight);
  const last = y + (<usize>count << 2);
  for (; y + 64 <= last; y += 64) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(w, v128.load(x))));
    v128.store(y, f32x4.add(v128.load(y, 16), f32x4.mul(w, v128.load(x, 16))), 16);
    v128.store(y, f32x4.add(v128.load(y, 32), f32x4.mul(w, v128.load(x, 32))), 32);
    v128.store(y, f32x4.add(v128.load(y, 48), f32x4.mul(w, v128.load(x, 48))), 48);
    x += 64;
  }
  for (; y + 16 <= last; y += 16) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(w, v128.load(x))));
    x += 16;
  }
  for (; y < last; y += 4) {
    store<f32>(y, load<f32>(y) + weight * load<f32>(x));
    x += 4;
  }
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  const low = f64x2.promote_low_f32x4(v);
  const high = f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** sum x y. */
export function dot(x: usize, y: usize, count: i32): f64 {
  const last = y + (<usize>count << 2);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; y + 64 <= last; y += 64) {
    a = f32x4.add(a, f32x4.mul(v128.load(y), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(v128.load(y, 16), v128.load(x, 16)));
    c = f32x4.add(c, f32x4.mul(v128.load(y, 32), v128.load(x, 32)));
    d = f32x4.add(d, f32x4.mul(v128.load(y, 48), v128.load(x, 48)));
    x += 64;
  }
  for (; y + 16 <= last; y += 16) {
    a = f32x4.add(a, f32x4.mul(v128.load(y), v128.load(x)));
    x += 16;
  }
  let sum = lanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; y < last; y += 4) {
    sum += <f64>load<f32>(y) * <f64>load<f32>(x);
    x += 4;
  }
  return sum;
}

/** y = the bytes at x. */
export function widen(x: usize, y: usize, count: i32): void {
  const last = y + (<usize>count << 2);
  for (; y + 16 <= last; y += 16) {
    const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x)));
    v128.store(y, f32x4.convert_i32x4_u(words));
    x += 4;
  }
  for (; y < last; y += 4) {
    store<f32>(y, <f32>load<u8>(x));
    x++;
  }
}
