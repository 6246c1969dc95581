// Softmax and log-softmax over rows: the maximum, the exponentials with their sum, the scaling.
import * as math from './math';
import { loadPart, rowStart, storePart } from './partial';
import { logOf, sumExpRow } from './reduce';
import { sumLanes } from './simd';

/** Elements summed in float32 before they go into the float64 total. */
// @ts-ignore: decorator
@inline
const BLOCK: i32 = 1024;

/** The largest of n elements, NaN left out: it makes itself heard in the sum. */
function largest(x: usize, n: i32): f32 {
  let a = f32x4.splat(-Infinity);
  // Four at a time: one maximum after the other would wait for the one before.
  let b = a, c = a, d = a;
  for (; n >= 16; n -= 16) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
    x += 64;
  }
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  for (; n > 0; n--) {
    a = f32x4.pmax(a, v128.load32_splat(x));
    x += 4;
  }
  a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1));
}

/** out = e^(x - shift); gives the sum. */
function exponentials(x: usize, out: usize, n: i32, shift: f32): f64 {
  const shifts = f32x4.splat(shift);
  let total: f64 = 0;
  while (n > 0) {
    let length = min(n, BLOCK);
    n -= length;
    let sum = f32x4.splat(0);
    for (const stop = x + (<usize>(length >> 3) << 5); x < stop; x += 32) {
      sum = f32x4.add(sum, math.expNegativePair(x, shifts, out));
      out += 32;
    }
    if (length & 4) {
      const e = math.expNegative(f32x4.sub(v128.load(x), shifts));
      v128.store(out, e);
      sum = f32x4.add(sum, e);
      x += 16;
      out += 16;
    }
    length &= 3;
    if (length > 0) {
      storePart(out, math.expNegative(f32x4.sub(loadPart(x, length), shifts)), length);
      sum = f32x4.add(sum, loadPart(out, length));
    }
    total += <f64>sumLanes(sum);
  }
  return total;
}

// @ts-ignore: decorator
@inline
function scale(x: usize, n: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (const stop = x + (<usize>(n >> 4) << 6); x < stop; x += 64) {
    v128.store(x, f32x4.mul(v128.load(x), factors));
    v128.store(x, f32x4.mul(v128.load(x, 16), factors), 16);
    v128.store(x, f32x4.mul(v128.load(x, 32), factors), 32);
    v128.store(x, f32x4.mul(v128.load(x, 48), factors), 48);
  }
  for (n &= 15; n >= 4; n -= 4) {
    v128.store(x, f32x4.mul(v128.load(x), factors));
    x += 16;
  }
  if (n > 0) storePart(x, f32x4.mul(loadPart(x, n), factors), n);
}

/** out = (x - top) - rest. */
// @ts-ignore: decorator
@inline
function subtract(x: usize, out: usize, n: i32, top: f32, rest: f32): void {
  const tops = f32x4.splat(top);
  const rests = f32x4.splat(rest);
  for (; n >= 4; n -= 4) {
    v128.store(out, f32x4.sub(f32x4.sub(v128.load(x), tops), rests));
    x += 16;
    out += 16;
  }
  if (n > 0) storePart(out, f32x4.sub(f32x4.sub(loadPart(x, n), tops), rests), n);
}

/** out = x where the mask's bytes are not 0, else -Infinity; whether any element counts. */
function masked(x: usize, mask: usize, out: usize, n: i32): bool {
  let any = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const counts = <i32>load<u8>(mask + i);
    any |= counts;
    store<f32>(out + (i << 2), counts ? load<f32>(x + (i << 2)) : -Infinity);
  }
  return any != 0;
}

/** Writes `value` where the mask's bytes are 0. */
function blank(mask: usize, out: usize, n: i32, value: f32): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    if (load<u8>(mask + i) == 0) store<f32>(out + (i << 2), value);
  }
}

/** One row; `mask` is 0 or the address of its bytes. */
function row(isLog: i32, x: usize, mask: usize, out: usize, n: i32): void {
  const nothing: f32 = isLog ? -Infinity : 0;
  if (mask != 0) {
    if (!masked(x, mask, out, n)) return blank(mask, out, n, nothing);
    x = out;
  }
  const top = largest(x, n);
  const total = isLog ? sumExpRow(x, n, top) : exponentials(x, out, n, top);
  if (isLog) subtract(x, out, n, top, logOf(total));
  else scale(out, n, <f32>(1.0 / total));
  // Then NaN stands where the mask leaves elements out, too.
  if (mask != 0 && isNaN(total)) blank(mask, out, n, nothing);
}

/** Softmax or log-softmax of rows; the mask (0: none) has its own strides, the last of them `maskStep`. */
export function softmax(
  isLog: i32, x: usize, mask: usize, out: usize, size: i32, maskStep: isize, axes: i32, shape: usize, strides: usize,
  start: i32, end: i32, scratch: usize,
): void {
  for (let r = start; r < end; r++) {
    const at = (<usize>r * size) << 2;
    let bytes: usize = 0;
    if (mask != 0) {
      bytes = mask + rowStart(r, axes, shape, strides);
      if (maskStep != 1) {
        for (let i = 0; i < size; i++) store<u8>(scratch + i, load<u8>(bytes + <isize>i * maskStep));
        bytes = scratch;
      }
    }
    row(isLog, x + at, bytes, out + at, size);
  }
}

/** dx = y (dy - sum(y dy)). */
export function softmaxGrad(
  y: usize, dy: usize, dx: usize, size: i32, start: i32, end: i32, scratch: usize,
): void {
  for (let at = (<usize>start * size) << 2; at < (<usize>end * size) << 2; at += <usize>size << 2) {
    let total: f64 = 0;
    for (let first = 0; first < size; first += BLOCK) {
      let sum = f32x4.splat(0);
      const stop = min(size, first + BLOCK);
      for (let i = first; i < stop; i += 4) {
        const from = at + (<usize>i << 2);
        if (i + 4 <= stop) sum = f32x4.add(sum, f32x4.mul(v128.load(y + from), v128.load(dy + from)));
        else sum = f32x4.add(sum, f32x4.mul(loadPart(y + from, stop - i), loadPart(dy + from, stop - i)));
      }
      total += <f64>sumLanes(sum);
    }
    const dots = f32x4.splat(<f32>total);
    for (let i = 0; i < size; i += 4) {
      const from = at + (<usize>i << 2);
      if (i + 4 <= size) {
        v128.store(dx + from, f32x4.mul(v128.load(y + from), f32x4.sub(v128.load(dy + from), dots)));
      } else {
        const n = size - i;
        storePart(dx + from, f32x4.mul(loadPart(y + from, n), f32x4.sub(loadPart(dy + from, n), dots)), n);
      }
    }
  }
}

/** dx = dy - e^y sum(dy), where y is not -Infinity; 0 there. */
export function logSoftmaxGrad(
  y: usize, dy: usize, dx: usize, size: i32, start: i32, end: i32, scratch: usize,
): void {
  const hidden = f32x4.splat(-Infinity);
  for (let at = (<usize>start * size) << 2; at < (<usize>end * size) << 2; at += <usize>size << 2) {
    let total: f64 = 0;
    for (let first = 0; first < size; first += BLOCK) {
      let sum = f32x4.splat(0);
      const stop = min(size, first + BLOCK);
      for (let i = first; i < stop; i += 4) {
        const from = at + (<usize>i << 2);
        const whole = i + 4 <= stop;
        const value = whole ? v128.load(y + from) : loadPart(y + from, stop - i);
        const slope = whole ? v128.load(dy + from) : loadPart(dy + from, stop - i);
        sum = f32x4.add(sum, v128.andnot(slope, f32x4.eq(value, hidden)));
      }
      total += <f64>sumLanes(sum);
    }
    const sums = f32x4.splat(<f32>total);
    for (let i = 0; i < size; i += 4) {
      const from = at + (<usize>i << 2);
      const whole = i + 4 <= size;
      const value = whole ? v128.load(y + from) : loadPart(y + from, size - i);
      const slope = whole ? v128.load(dy + from) : loadPart(dy + from, size - i);
      const z = f32x4.sub(slope, f32x4.mul(math.expNegative(value), sums));
      const result = v128.andnot(z, f32x4.eq(value, hidden));
      if (whole) v128.store(dx + from, result);
      else storePart(dx + from, result, size - i);
    }
  }
}
