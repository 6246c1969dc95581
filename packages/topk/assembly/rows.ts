// Rows of float32 read two at a time as float64, and sorted.

/** Elements i and i + 1 of x [n]; behind the end stands 0. */
// @ts-ignore: decorator
@inline
export function pairAt(x: usize, i: i32, n: i32): v128 {
  const at = x + (<usize>i << 2);
  return f64x2.promote_low_f32x4(i + 1 < n ? v128.load64_zero(at) : v128.load32_zero(at));
}

/** Writes elements i and i + 1 of y [n]. */
// @ts-ignore: decorator
@inline
export function storePair(y: usize, i: i32, n: i32, pair: v128): void {
  const at = y + (<usize>i << 2);
  const values = f32x4.demote_f64x2_zero(pair);
  if (i + 1 < n) v128.store64_lane(at, values, 0);
  else v128.store32_lane(at, values, 0);
}

/** All ones where elements i and i + 1 of a row of n are there and finite. */
// @ts-ignore: decorator
@inline
export function finitePair(pair: v128, i: i32, n: i32): v128 {
  const finite = f64x2.lt(f64x2.abs(pair), f64x2.splat(Infinity));
  return i + 1 < n ? finite : v128.and(finite, i64x2(-1, 0));
}

/** `share` for Infinity, 0 for what else is not finite. */
// @ts-ignore: decorator
@inline
export function infinitePair(pair: v128, share: f64): v128 {
  return v128.and(f64x2.gt(pair, f64x2.splat(0)), f64x2.splat(share));
}

/** How many elements of x [n] are Infinity. */
export function countInfinite(x: usize, n: i32): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) count += i32(load<f32>(x + (<usize>i << 2)) == Infinity);
  return count;
}

/** Keys of four elements in unsigned order from the largest on. */
// @ts-ignore: decorator
@inline
function keyOf(bits: u32): u32 {
  return ~(bits ^ (<u32>(<i32>bits >> 31) | 0x80000000));
}

// @ts-ignore: decorator
@inline
function valueOf(key: u32): f32 {
  const bits = ~key;
  return reinterpret<f32>(<i32>bits < 0 ? bits ^ 0x80000000 : ~bits);
}

/** The element of that rank, from 1 for the largest, among the finite ones of x [n], which are so many or more. `table` holds 1024 bytes. */
export function finiteOfRank(x: usize, n: i32, rank: i32, table: usize): f64 {
  let prefix: u32 = 0;
  for (let shift: u32 = 32; shift > 0; shift -= 8) {
    const known: u32 = shift == 32 ? 0 : u32.MAX_VALUE << shift;
    memory.fill(table, 0, 1024);
    for (let i = 0; i < n; i++) {
      const value = load<f32>(x + (<usize>i << 2));
      const key = keyOf(reinterpret<u32>(value));
      if (!(abs(value) < Infinity) || (key & known) != prefix) continue;
      const at = table + (<usize>((key >> (shift - 8)) & 255) << 2);
      store<i32>(at, load<i32>(at) + 1);
    }
    let byte: u32 = 0;
    for (; byte < 255 && rank > load<i32>(table + (<usize>byte << 2)); byte++) rank -= load<i32>(table + (<usize>byte << 2));
    prefix |= byte << (shift - 8);
  }
  return <f64>valueOf(prefix);
}

/** Moves the n keys from `from` to `to`, ordered by the byte at `shift`; `table` counts how often each byte occurs. */
// @ts-ignore: decorator
@inline
function distribute(from: usize, to: usize, n: i32, table: usize, shift: u32): void {
  let place = 0;
  for (let value: usize = 0; value < 1024; value += 4) {
    const count = load<i32>(table + value);
    store<i32>(table + value, place);
    place += count;
  }
  for (let i: usize = 0; i < <usize>n << 2; i += 4) {
    const key = load<u32>(from + i);
    const at = table + (<usize>((key >> shift) & 255) << 2);
    const place = load<i32>(at);
    store<u32>(to + (<usize>place << 2), key);
    store<i32>(at, place + 1);
  }
}

/** The finite elements of x [n], the largest first, as float64 to `sorted`; returns how many. `room` holds 4096 + 8 n bytes. */
export function sortFinite(x: usize, n: i32, sorted: usize, room: usize): i32 {
  let a = room + 4096;
  let b = a + (<usize>n << 2);
  memory.fill(room, 0, 4096);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const value = load<f32>(x + (<usize>i << 2));
    if (!(abs(value) < Infinity)) continue;
    const key = keyOf(reinterpret<u32>(value));
    store<u32>(a + (<usize>count << 2), key);
    count++;
    for (let digit: u32 = 0; digit < 4; digit++) {
      const at = room + (<usize>((digit << 8) | ((key >> (digit << 3)) & 255)) << 2);
      store<i32>(at, load<i32>(at) + 1);
    }
  }
  for (let digit: u32 = 0; digit < 4; digit++) {
    distribute(a, b, count, room + (<usize>digit << 10), digit << 3);
    const swap = a;
    a = b;
    b = swap;
  }
  for (let i = 0; i < count; i++) store<f64>(sorted + (<usize>i << 3), <f64>valueOf(load<u32>(a + (<usize>i << 2))));
  return count;
}
