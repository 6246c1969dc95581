// Comparisons, choice and tests with results of one byte, and casts. Flat items are 16 elements; the last may run past
// the end of a buffer inside its block.
import { rowStart } from './partial';

const enum Op { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL }

// @ts-ignore: decorator
@inline
function compare(op: i32, isInt: bool, a: v128, b: v128): v128 {
  if (op == Op.EQUAL) return isInt ? i32x4.eq(a, b) : f32x4.eq(a, b);
  if (op == Op.NOT_EQUAL) return isInt ? i32x4.ne(a, b) : f32x4.ne(a, b);
  if (op == Op.LESS) return isInt ? i32x4.lt_s(a, b) : f32x4.lt(a, b);
  return isInt ? i32x4.le_s(a, b) : f32x4.le(a, b);
}

/** Four masks as bytes 0 or 1. */
// @ts-ignore: decorator
@inline
function toBytes(mask: v128): v128 {
  const words = i32x4.shr_u(mask, 31);
  const halves = i16x8.narrow_i32x4_u(words, words);
  return i8x16.narrow_i16x8_u(halves, halves);
}

// @ts-ignore: decorator
@inline
function loop(op: i32, isInt: bool, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store32_lane(out, toBytes(compare(op, isInt, v128.load(a), v128.load(b))), 0);
    a += aStep << 2;
    b += bStep << 2;
    out += 4;
  }
  for (; n > 0; n--) {
    store<u8>(out, i32x4.extract_lane(compare(op, isInt, v128.load32_zero(a), v128.load32_zero(b)), 0) & 1);
    a += aStep;
    b += bStep;
    out += 1;
  }
}

function run(op: i32, isInt: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  switch (op + (isInt << 2)) {
    case 0: return loop(0, false, a, aStep, b, bStep, out, n);
    case 1: return loop(1, false, a, aStep, b, bStep, out, n);
    case 2: return loop(2, false, a, aStep, b, bStep, out, n);
    case 3: return loop(3, false, a, aStep, b, bStep, out, n);
    case 4: return loop(0, true, a, aStep, b, bStep, out, n);
    case 5: return loop(1, true, a, aStep, b, bStep, out, n);
    case 6: return loop(2, true, a, aStep, b, bStep, out, n);
  }
  loop(3, true, a, aStep, b, bStep, out, n);
}

/**
 * out (bytes) = op(a, b) for float32 or int32 over rows of `inner` elements with steps of 0 or 4 bytes; the other axes
 * lie in the parameter block. Items are rows.
 */
export function compareRows(
  op: i32, isInt: i32, a: usize, b: usize, out: usize, inner: i32, aStep: i32, bStep: i32, axes: i32, shape: usize,
  aStrides: usize, bStrides: usize, start: i32, end: i32, scratch: usize,
): void {
  for (let row = start; row < end; row++) {
    let aRow = a + (rowStart(row, axes, shape, aStrides) << 2);
    let bRow = b + (rowStart(row, axes, shape, bStrides) << 2);
    if (aStep == 0) {
      v128.store(scratch, v128.load32_splat(aRow));
      aRow = scratch;
    }
    if (bStep == 0) {
      v128.store(scratch + 16, v128.load32_splat(bRow));
      bRow = scratch + 16;
    }
    run(op, isInt, aRow, aStep, bRow, bStep, out + <usize>row * inner, inner);
  }
}

/** The same without broadcasting, over items of 16 elements. */
export function compareFlat(
  op: i32, isInt: i32, a: usize, b: usize, out: usize, n: i32, start: i32, end: i32, scratch: usize,
): void {
  const at = <usize>start << 4;
  run(op, isInt, a + (at << 2), 4, b + (at << 2), 4, out + at, min(end << 4, (n + 3) & -4) - (start << 4));
}

/** 1 where a byte is not 0. */
// @ts-ignore: decorator
@inline
function truth(x: v128): v128 {
  return i8x16.min_u(x, i8x16.splat(1));
}

/** out = and (0), or (1) or xor (2) of bytes. */
export function logicFlat(op: i32, a: usize, b: usize, out: usize, start: i32, end: i32, scratch: usize): void {
  for (let at = <usize>start << 4; at < <usize>end << 4; at += 16) {
    const x = truth(v128.load(a + at));
    const y = truth(v128.load(b + at));
    v128.store(out + at, op == 0 ? v128.and(x, y) : op == 1 ? v128.or(x, y) : v128.xor(x, y));
  }
}

/** out (bytes) = isNaN (0) or isFinite (1) of float32. */
export function testF32(op: i32, x: usize, out: usize, n: i32, start: i32, end: i32, scratch: usize): void {
  const stop = min(<usize>end << 4, <usize>n);
  for (let at = <usize>start << 4; at < stop; at += 4) {
    const v = v128.load(x + (at << 2));
    const mask = op == 0 ? f32x4.ne(v, v) : f32x4.lt(f32x4.abs(v), f32x4.splat(Infinity));
    v128.store32_lane(out + at, toBytes(mask), 0);
  }
}

/** out (bytes) = x == 0 for bytes. */
export function notFlat(x: usize, out: usize, start: i32, end: i32, scratch: usize): void {
  for (let at = <usize>start << 4; at < <usize>end << 4; at += 16) {
    v128.store(out + at, v128.xor(truth(v128.load(x + at)), i8x16.splat(1)));
  }
}

/** Four bytes as masks of 32 bits: all ones where the byte is 0. */
// @ts-ignore: decorator
@inline
function zeroMask(bytes: v128): v128 {
  return i32x4.eq(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)), i32x4.splat(0));
}

/**
 * out = condition ? a : b for elements of 4 bytes over rows of `inner`; steps in elements (0 or 1), the other axes in the
 * parameter block. Items are rows.
 */
export function whereRows(
  condition: usize, a: usize, b: usize, out: usize, inner: i32, cStep: i32, aStep: i32, bStep: i32, axes: i32,
  shape: usize, cStrides: usize, aStrides: usize, bStrides: usize, start: i32, end: i32, scratch: usize,
): void {
  for (let row = start; row < end; row++) {
    let c = condition + rowStart(row, axes, shape, cStrides);
    let x = a + (rowStart(row, axes, shape, aStrides) << 2);
    let y = b + (rowStart(row, axes, shape, bStrides) << 2);
    let to = out + ((<usize>row * inner) << 2);
    let n = inner;
    for (; n >= 4; n -= 4) {
      const zero = zeroMask(cStep ? v128.load32_zero(c) : v128.load8_splat(c));
      const whenTrue = aStep ? v128.load(x) : v128.load32_splat(x);
      const whenFalse = bStep ? v128.load(y) : v128.load32_splat(y);
      v128.store(to, v128.bitselect(whenFalse, whenTrue, zero));
      c += cStep << 2;
      x += aStep << 4;
      y += bStep << 4;
      to += 16;
    }
    for (; n > 0; n--) {
      store<i32>(to, load<u8>(c) != 0 ? load<i32>(x) : load<i32>(y));
      c += cStep;
      x += aStep << 2;
      y += bStep << 2;
      to += 4;
    }
  }
}

/** The same without broadcasting, over items of 16 elements. */
export function whereFlat(
  condition: usize, a: usize, b: usize, out: usize, n: i32, start: i32, end: i32, scratch: usize,
): void {
  const stop = min(<usize>end << 4, <usize>n);
  for (let at = <usize>start << 4; at < stop; at += 4) {
    const zero = zeroMask(v128.load32_zero(condition + at));
    const to = at << 2;
    v128.store(out + to, v128.bitselect(v128.load(b + to), v128.load(a + to), zero));
  }
}

/** Conversions, in the order of `casts` in src/wasm/elementwise.ts. */
const enum Cast { FLOAT_INT, FLOAT_BYTE, FLOAT_BOOL, INT_FLOAT, INT_BYTE, INT_BOOL, BYTE_FLOAT, BYTE_INT, BYTE_BOOL }

/** The low byte of four whole numbers, saturated. */
// @ts-ignore: decorator
@inline
function saturate(words: v128): v128 {
  const halves = i16x8.narrow_i32x4_s(words, words);
  return i8x16.narrow_i16x8_u(halves, halves);
}

/** Converts n elements from one type to another. */
export function cast(kind: i32, x: usize, out: usize, n: i32, start: i32, end: i32, scratch: usize): void {
  const zero = i32x4.splat(0);
  const stop = min(<usize>end << 4, <usize>n);
  for (let at = <usize>start << 4; at < stop; at += 4) {
    if (kind >= Cast.BYTE_FLOAT) {
      const bytes = v128.load32_zero(x + at);
      if (kind == Cast.BYTE_BOOL) {
        v128.store32_lane(out + at, truth(bytes), 0);
      } else {
        const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
        v128.store(out + (at << 2), kind == Cast.BYTE_INT ? words : f32x4.convert_i32x4_s(words));
      }
      continue;
    }
    const v = v128.load(x + (at << 2));
    if (kind == Cast.FLOAT_INT) v128.store(out + (at << 2), i32x4.trunc_sat_f32x4_s(v));
    else if (kind == Cast.INT_FLOAT) v128.store(out + (at << 2), f32x4.convert_i32x4_s(v));
    else {
      let bytes = zero;
      if (kind == Cast.FLOAT_BYTE) bytes = saturate(i32x4.trunc_sat_f32x4_s(v));
      else if (kind == Cast.INT_BYTE) bytes = saturate(v);
      else bytes = toBytes(kind == Cast.FLOAT_BOOL ? f32x4.ne(v, zero) : i32x4.ne(v, zero));
      v128.store32_lane(out + at, bytes, 0);
    }
  }
}
