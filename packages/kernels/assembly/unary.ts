// Functions of one element. Items are 16 elements: heap blocks are whole multiples of 64 bytes, so the last item may
// run past the end of a buffer, though never past its block.
import { k, K } from './constants';
import * as math from './math';
import { Scalar, scalarLanes } from './scalar';

/** Positions in `unaryOps` of src/table/elementwise.ts. */
const enum Op {
  NEG, ABS, SIGN, SQUARE, SQRT, RSQRT, RECIPROCAL, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH,
  COSH, TANH, SIGMOID, SOFTPLUS, RELU, GELU, GELU_TANH, SILU, ERF, FLOOR, CEIL, ROUND, TRUNC,
}

// @ts-ignore: decorator
@inline
function one(): v128 {
  return k(K.ONE);
}

/** 1, 0, -1 or NaN. */
// @ts-ignore: decorator
@inline
function sign(x: v128): v128 {
  const zero = f32x4.splat(0);
  const y = v128.or(v128.and(f32x4.gt(x, zero), one()), v128.and(f32x4.lt(x, zero), f32x4.splat(-1)));
  return v128.bitselect(y, x, f32x4.ne(v128.and(x, f32x4.eq(x, x)), zero));
}

// @ts-ignore: decorator
@inline
function apply(op: i32, x: v128): v128 {
  if (op == Op.NEG) return f32x4.neg(x);
  if (op == Op.ABS) return f32x4.abs(x);
  if (op == Op.SIGN) return sign(x);
  if (op == Op.SQUARE) return f32x4.mul(x, x);
  if (op == Op.SQRT) return f32x4.sqrt(x);
  if (op == Op.RSQRT) return f32x4.div(one(), f32x4.sqrt(x));
  if (op == Op.RECIPROCAL) return f32x4.div(one(), x);
  if (op == Op.EXP) return math.exp(x);
  if (op == Op.EXPM1) return math.expm1(x);
  if (op == Op.LOG) return math.log(x);
  if (op == Op.LOG1P) return math.log1p(x);
  if (op == Op.SIN) return math.sin(x);
  if (op == Op.COS) return math.cos(x);
  if (op == Op.TAN) return math.tan(x);
  if (op == Op.TANH) return math.tanh(x);
  if (op == Op.SOFTPLUS) return math.softplus(x);
  if (op == Op.RELU) return f32x4.pmax(x, f32x4.splat(0));
  if (op == Op.GELU) return math.gelu(x);
  if (op == Op.GELU_TANH) return math.geluTanh(x);
  if (op == Op.SILU) return f32x4.mul(x, math.sigmoid(x));
  if (op == Op.ERF) return math.erf(x);
  if (op == Op.FLOOR) return f32x4.floor(x);
  if (op == Op.CEIL) return f32x4.ceil(x);
  if (op == Op.ROUND) return f32x4.nearest(x);
  return f32x4.trunc(x);
}

// @ts-ignore: decorator
@inline
function each(op: i32, x: usize, out: usize, bytes: usize): void {
  for (const stop = x + bytes; x < stop; x += 16) {
    v128.store(out, apply(op, v128.load(x)));
    out += 16;
  }
}

/** Two vectors at a time; blocks are whole multiples of 64 bytes, so the second of the last two stays inside. */
function sigmoids(x: usize, out: usize, bytes: usize): void {
  for (const stop = x + bytes; x < stop; x += 32) {
    math.sigmoidPair(x, out);
    out += 32;
  }
}

function lanes(which: i32, x: usize, out: usize, bytes: usize): void {
  for (const stop = x + bytes; x < stop; x += 16) {
    v128.store(out, scalarLanes(which, v128.load(x)));
    out += 16;
  }
}

/** out[i] = op(x[i]) for n elements. */
export function unaryF32(op: i32, x: usize, out: usize, n: i32, start: i32, end: i32, scratch: usize): void {
  const first = <usize>start << 6;
  const last = min(<usize>end << 6, <usize>(n + 3) >> 2 << 4);
  x += first;
  out += first;
  const bytes = last - first;
  switch (op) {
    case Op.NEG: return each(Op.NEG, x, out, bytes);
    case Op.ABS: return each(Op.ABS, x, out, bytes);
    case Op.SIGN: return each(Op.SIGN, x, out, bytes);
    case Op.SQUARE: return each(Op.SQUARE, x, out, bytes);
    case Op.SQRT: return each(Op.SQRT, x, out, bytes);
    case Op.RSQRT: return each(Op.RSQRT, x, out, bytes);
    case Op.RECIPROCAL: return each(Op.RECIPROCAL, x, out, bytes);
    case Op.EXP: return each(Op.EXP, x, out, bytes);
    case Op.EXPM1: return each(Op.EXPM1, x, out, bytes);
    case Op.LOG: return each(Op.LOG, x, out, bytes);
    case Op.LOG1P: return each(Op.LOG1P, x, out, bytes);
    case Op.SIN: return each(Op.SIN, x, out, bytes);
    case Op.COS: return each(Op.COS, x, out, bytes);
    case Op.TAN: return each(Op.TAN, x, out, bytes);
    case Op.ASIN: return lanes(Scalar.ASIN, x, out, bytes);
    case Op.ACOS: return lanes(Scalar.ACOS, x, out, bytes);
    case Op.ATAN: return lanes(Scalar.ATAN, x, out, bytes);
    case Op.SINH: return lanes(Scalar.SINH, x, out, bytes);
    case Op.COSH: return lanes(Scalar.COSH, x, out, bytes);
    case Op.TANH: return each(Op.TANH, x, out, bytes);
    case Op.SIGMOID: return sigmoids(x, out, bytes);
    case Op.SOFTPLUS: return each(Op.SOFTPLUS, x, out, bytes);
    case Op.RELU: return each(Op.RELU, x, out, bytes);
    case Op.GELU: return each(Op.GELU, x, out, bytes);
    case Op.GELU_TANH: return each(Op.GELU_TANH, x, out, bytes);
    case Op.SILU: return each(Op.SILU, x, out, bytes);
    case Op.ERF: return each(Op.ERF, x, out, bytes);
    case Op.FLOOR: return each(Op.FLOOR, x, out, bytes);
    case Op.CEIL: return each(Op.CEIL, x, out, bytes);
    case Op.ROUND: return each(Op.ROUND, x, out, bytes);
    case Op.TRUNC: return each(Op.TRUNC, x, out, bytes);
  }
}

/** The same for int32: neg, abs, sign, square. */
export function unaryI32(op: i32, x: usize, out: usize, n: i32, start: i32, end: i32, scratch: usize): void {
  const zero = i32x4.splat(0);
  const stop = min(<usize>end << 6, <usize>n << 2);
  for (let at = <usize>start << 6; at < stop; at += 16) {
    const v = v128.load(x + at);
    let y = v;
    if (op == Op.NEG) y = i32x4.neg(v);
    else if (op == Op.ABS) y = i32x4.abs(v);
    else if (op == Op.SIGN) y = v128.or(i32x4.shr_s(v, 31), i32x4.shr_u(i32x4.gt_s(v, zero), 31));
    else y = i32x4.mul(v, v);
    v128.store(out + at, y);
  }
}

/** out[i] = min(max(x[i], low), high); NaN stays. */
export function clipF32(
  x: usize, out: usize, low: f32, high: f32, n: i32, start: i32, end: i32, scratch: usize,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const stop = min(<usize>end << 6, <usize>n << 2);
  for (let at = <usize>start << 6; at < stop; at += 16) {
    v128.store(out + at, f32x4.pmin(f32x4.pmax(v128.load(x + at), lows), highs));
  }
}
