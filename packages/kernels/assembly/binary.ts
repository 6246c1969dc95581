// Functions of two elements. A repeated operand is written out four times to a small block and read with a step of 0,
// so that one loop serves vector with vector, vector with number and number with vector.
import * as math from './math';
import { k, K, NUMBER_AT } from './constants';
import { loadPart, rowStart, storePart } from './partial';
import { atan2Scalar, modScalar, powScalar } from './scalar';
import { fma } from './simd';

/** Positions in `binaryOps` of src/table/elementwise.ts. */
const enum Op {
  ADD, SUB, MUL, DIV, POW, MAXIMUM, MINIMUM, MOD, ATAN2, SQUARED_DIFFERENCE,
  RELU_GRAD, TANH_GRAD, SIGMOID_GRAD, GELU_GRAD, GELU_TANH_GRAD, SILU_GRAD,
}

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

function scalar(op: i32, a: f32, b: f32): f32 {
  if (op == Op.POW) return <f32>powScalar(<f64>a, <f64>b);
  if (op == Op.MOD) return modScalar(a, b);
  return <f32>atan2Scalar(<f64>a, <f64>b);
}

/** The functions that have no SIMD form, on four lanes. */
function lanes(op: i32, a: v128, b: v128): v128 {
  let y = splat(scalar(op, f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
  y = f32x4.replace_lane(y, 1, scalar(op, f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
  y = f32x4.replace_lane(y, 2, scalar(op, f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
  return f32x4.replace_lane(y, 3, scalar(op, f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
}

/** Phi(a) + a phi(a). */
// @ts-ignore: decorator
@inline
function geluSlope(a: v128): v128 {
  const tail = math.normalTail(a);
  const phi = v128.bitselect(tail, f32x4.sub(k(K.ONE), tail), f32x4.lt(a, splat(0)));
  const density = math.expNegative(f32x4.mul(f32x4.mul(a, a), k(K.MINUS_HALF)));
  return fma(f32x4.mul(a, k(K.DENSITY)), density, phi);
}

/** s + factor s (1 - s) with s = 1 / (1 + e): the product keeps its digits where s is almost 1. */
// @ts-ignore: decorator
@inline
function sigmoidSlope(e: v128, factor: v128): v128 {
  const s = f32x4.div(k(K.ONE), f32x4.add(e, k(K.ONE)));
  return fma(f32x4.mul(factor, s), f32x4.mul(e, s), s);
}

/** The slope of a sigmoid(u): s + a u' s (1 - s); flat below -10 and above 88, so that nothing is infinite. */
// @ts-ignore: decorator
@inline
function geluTanhSlope(a: v128): v128 {
  const v = f32x4.pmin(f32x4.pmax(a, k(K.MINUS_10)), k(K.PLUS_88));
  const slope = fma(f32x4.mul(v, v), k(K.SLOPE0), k(K.SLOPE1));
  return sigmoidSlope(math.geluTanhPower(v), f32x4.mul(v, slope));
}

/** The slope of a sigmoid(a); flat below -87. */
// @ts-ignore: decorator
@inline
function siluSlope(a: v128): v128 {
  const v = f32x4.pmax(a, k(K.MINUS_87));
  return sigmoidSlope(math.expNegative(f32x4.neg(v)), v);
}

// @ts-ignore: decorator
@inline
function apply(op: i32, a: v128, b: v128): v128 {
  if (op == Op.ADD) return f32x4.add(a, b);
  if (op == Op.SUB) return f32x4.sub(a, b);
  if (op == Op.MUL) return f32x4.mul(a, b);
  if (op == Op.DIV) return f32x4.div(a, b);
  if (op == Op.MAXIMUM) return f32x4.max(a, b);
  if (op == Op.MINIMUM) return f32x4.min(a, b);
  if (op == Op.SQUARED_DIFFERENCE) {
    const d = f32x4.sub(a, b);
    return f32x4.mul(d, d);
  }
  if (op == Op.RELU_GRAD) return v128.andnot(b, f32x4.le(a, splat(0)));
  if (op == Op.TANH_GRAD) return f32x4.mul(b, f32x4.sub(k(K.ONE), f32x4.mul(a, a)));
  if (op == Op.SIGMOID_GRAD) return f32x4.mul(f32x4.mul(b, a), f32x4.sub(k(K.ONE), a));
  if (op == Op.GELU_GRAD) return f32x4.mul(b, geluSlope(a));
  if (op == Op.GELU_TANH_GRAD) return f32x4.mul(b, geluTanhSlope(a));
  if (op == Op.SILU_GRAD) return f32x4.mul(b, siluSlope(a));
  return lanes(op, a, b);
}

// @ts-ignore: decorator
@inline
function applyInt(op: i32, a: v128, b: v128): v128 {
  if (op == Op.ADD) return i32x4.add(a, b);
  if (op == Op.SUB) return i32x4.sub(a, b);
  if (op == Op.MUL) return i32x4.mul(a, b);
  if (op == Op.MAXIMUM) return i32x4.max_s(a, b);
  return i32x4.min_s(a, b);
}

/** What `run` adds to an op's number for int32. */
// @ts-ignore: decorator
@inline
const INT: i32 = 32;

/** n elements; a step of 0 reads the same 16 bytes for ever. */
// @ts-ignore: decorator
@inline
function loop(op: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(out, op >= INT ? applyInt(op - INT, x, y) : apply(op, x, y));
    a += aStep;
    b += bStep;
    out += 16;
  }
  if (n > 0) {
    const x = loadPart(a, n);
    const y = loadPart(b, n);
    storePart(out, op >= INT ? applyInt(op - INT, x, y) : apply(op, x, y), n);
  }
}

function run(op: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  switch (op) {
    case Op.POW: return loop(Op.POW, a, aStep, b, bStep, out, n);
    case Op.MOD: return loop(Op.MOD, a, aStep, b, bStep, out, n);
    case Op.ATAN2: return loop(Op.ATAN2, a, aStep, b, bStep, out, n);
    case Op.ADD: return loop(Op.ADD, a, aStep, b, bStep, out, n);
    case Op.SUB: return loop(Op.SUB, a, aStep, b, bStep, out, n);
    case Op.MUL: return loop(Op.MUL, a, aStep, b, bStep, out, n);
    case Op.DIV: return loop(Op.DIV, a, aStep, b, bStep, out, n);
    case Op.MAXIMUM: return loop(Op.MAXIMUM, a, aStep, b, bStep, out, n);
    case Op.MINIMUM: return loop(Op.MINIMUM, a, aStep, b, bStep, out, n);
    case Op.SQUARED_DIFFERENCE: return loop(Op.SQUARED_DIFFERENCE, a, aStep, b, bStep, out, n);
    case Op.RELU_GRAD: return loop(Op.RELU_GRAD, a, aStep, b, bStep, out, n);
    case Op.TANH_GRAD: return loop(Op.TANH_GRAD, a, aStep, b, bStep, out, n);
    case Op.SIGMOID_GRAD: return loop(Op.SIGMOID_GRAD, a, aStep, b, bStep, out, n);
    case Op.GELU_GRAD: return loop(Op.GELU_GRAD, a, aStep, b, bStep, out, n);
    case Op.GELU_TANH_GRAD: return loop(Op.GELU_TANH_GRAD, a, aStep, b, bStep, out, n);
    case Op.SILU_GRAD: return loop(Op.SILU_GRAD, a, aStep, b, bStep, out, n);
    case INT + Op.ADD: return loop(INT + Op.ADD, a, aStep, b, bStep, out, n);
    case INT + Op.SUB: return loop(INT + Op.SUB, a, aStep, b, bStep, out, n);
    case INT + Op.MUL: return loop(INT + Op.MUL, a, aStep, b, bStep, out, n);
    case INT + Op.MAXIMUM: return loop(INT + Op.MAXIMUM, a, aStep, b, bStep, out, n);
    case INT + Op.MINIMUM: return loop(INT + Op.MINIMUM, a, aStep, b, bStep, out, n);
    case INT + Op.DIV:
    case INT + Op.MOD: return divideInts(op, a, aStep >> 2, b, bStep >> 2, out, n);
  }
}

/** int32 division towards zero, or the remainder with the divisor's sign; by zero both give 0. */
function divideInts(op: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (const stop = out + (<usize>n << 2); out < stop; out += 4) {
    const x = load<i32>(a);
    const y = load<i32>(b);
    let z = 0;
    if (op == INT + Op.DIV) {
      if (y == -1) z = 0 - x; // -2^31 / -1 would trap
      else if (y != 0) z = x / y;
    } else if (y != 0 && y != -1) {
      z = x % y;
      if (z != 0 && (z ^ y) < 0) z += y;
    }
    store<i32>(out, z);
    a += aStep;
    b += bStep;
  }
}

/** out[i] = op(a[i], b[i]); items are 16 elements, the last may run past the buffers' ends inside their blocks. */
export function binary(op: i32, a: usize, b: usize, out: usize, n: i32, start: i32, end: i32, scratch: usize): void {
  const at = <usize>start << 6;
  run(op, a + at, 16, b + at, 16, out + at, min(end << 4, (n + 3) & -4) - (start << 4));
}

/** out[i] = op(x[i], number), or op(number, x[i]) if swapped. `bits` are those of the float32 or int32. */
export function binaryScalar(
  op: i32, x: usize, bits: i32, out: usize, n: i32, swapped: i32, start: i32, end: i32, scratch: usize,
): void {
  const number = NUMBER_AT; // every thread writes the same there
  v128.store(number, i32x4.splat(bits));
  const at = <usize>start << 6;
  const count = min(end << 4, (n + 3) & -4) - (start << 4);
  if (swapped) run(op, number, 0, x + at, 16, out + at, count);
  else run(op, x + at, 16, number, 0, out + at, count);
}

/** One operand of a row: its address and step, or its repeated element in scratch. */
// @ts-ignore: decorator
@inline
function repeated(at: usize, step: usize, scratch: usize): usize {
  if (step != 0) return at;
  v128.store(scratch, v128.load32_splat(at));
  return scratch;
}

/**
 * The same over broadcast rows of `inner` elements (inner steps 0 or 16 bytes a vector): rows run over a middle axis of
 * `mid` with steps in bytes, and outside it over `axes` axes in the parameter block (sizes, a's and b's strides in
 * elements).
 */
export function binaryRows(
  op: i32, a: usize, b: usize, out: usize, inner: i32, aStep: i32, bStep: i32, mid: i32, aMid: isize, bMid: isize,
  axes: i32, shape: usize, aStrides: usize, bStrides: usize, start: i32, end: i32, scratch: usize,
): void {
  out += (<usize>start * inner) << 2;
  for (let row = start; row < end;) {
    const outer = row / mid;
    let m = row - outer * mid;
    const stop = min(mid, m + end - row);
    let aRow = a + (rowStart(outer, axes, shape, aStrides) << 2) + <isize>m * aMid;
    let bRow = b + (rowStart(outer, axes, shape, bStrides) << 2) + <isize>m * bMid;
    row += stop - m;
    for (; m < stop; m++) {
      run(op, repeated(aRow, aStep, scratch), aStep, repeated(bRow, bStep, scratch + 16), bStep, out, inner);
      aRow += aMid;
      bRow += bMid;
      out += <usize>inner << 2;
    }
  }
}
