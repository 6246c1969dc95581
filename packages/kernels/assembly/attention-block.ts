// Blocks of scores, shared by attention and its gradients. A block is [ROWS, LANES], LANES floats a row: its lanes are
// the queries (or keys) that a thread stays with, its rows the keys (or queries) that pass by.
import { product } from './matmul';
import { packRight } from './pack';
import { MR, multiply, NR } from './tile';

/** Multiples of 4, 6 and 8, so that a block can be either operand of the tile. */
export const LANES: i32 = 48;
export const ROWS: i32 = 96;
/** Bytes from row to row of a block, and of the whole. */
export const ROW: usize = LANES << 2;
export const BLOCK: usize = ROWS * LANES * 4;

// Sizes as int32 in the parameter block; src/wasm/attention.ts writes them in this order.
export const QUERIES: usize = 0;
export const KEYS: usize = 4;
export const CHANNELS: usize = 8;
export const VALUE_CHANNELS: usize = 12;
export const CAUSAL: usize = 16;
/** Element strides of bias and mask over queries and keys. */
export const BIAS_QUERY: usize = 20;
export const BIAS_KEY: usize = 24;
export const MASK_QUERY: usize = 28;
export const MASK_KEY: usize = 32;
/** Leading axes: how many, then their sizes, the bias's strides, the mask's strides. */
export const RANK: usize = 36;
export const LISTS: usize = 40;

/** Bytes of a panel operand of `count` rows of `length` values. */
// @ts-ignore: decorator
@inline
export function panelBytes(count: i32, length: i32): usize {
  return <usize>(count * length) << 2;
}

/** Packs the `count` rows at `x` that stay, as lanes, times `factor`. */
export function packLanes(x: usize, count: i32, length: i32, factor: f32, to: usize): void {
  packRight(x, <usize>length << 2, true, count, length, to);
  if (factor == 1) return;
  const end = to + <usize>(((count + NR - 1) / NR) * length) * (NR << 2);
  for (; to < end; to += 16) v128.store(to, f32x4.mul(v128.load(to), f32x4.splat(factor)));
}

/** block[rows, lanes] = dot products of the `rows` rows at `x` with the packed lanes. */
// @ts-ignore: decorator
@inline
export function dots(x: usize, rows: i32, lanesPacked: usize, lanes: i32, length: i32, block: usize, room: usize): void {
  product(x, <usize>length << 2, false, lanesPacked, block, ROW, rows, lanes, length, false, room);
}

/** out[count, length] += a[count, depth] x[depth, length], with `a` a block or its transpose: what each x gives to each row. */
export function addWeighted(
  a: usize, aRow: usize, aStep: usize, count: i32, depth: i32, x: usize, length: i32, out: usize, room: usize,
  spare: usize,
): void {
  let panel: usize = 32, step = <usize>length << 2;
  if (length % NR != 0) {
    // The tile reads whole panels: beyond the last row's end there may be no memory.
    packRight(x, step, false, length, depth, room);
    x = room;
    panel = <usize>depth << 5;
    step = 32;
  }
  multiply(count, length, depth, a, aRow * MR, aRow, aStep, x, panel, step, out, <usize>length << 2, true, spare);
}

/** Four floats `step` bytes apart, the last one standing in for those beyond `left` of them. */
// @ts-ignore: decorator
@inline
function gatherFloats(at: usize, step: usize, left: i32): v128 {
  if (step == 4 && left >= 4) return v128.load(at);
  const v = v128.load32_lane(at + min<usize>(1, left - 1) * step, v128.load32_zero(at), 1);
  return v128.load32_lane(
    at + min<usize>(3, left - 1) * step, v128.load32_lane(at + min<usize>(2, left - 1) * step, v, 2), 3);
}

/** The same for bytes, each in the lowest byte of its lane. */
// @ts-ignore: decorator
@inline
function gatherBytes(at: usize, step: usize, left: i32): v128 {
  const v = v128.load8_lane(at + min<usize>(1, left - 1) * step, v128.load8_lane(at, i32x4.splat(0), 0), 4);
  return v128.load8_lane(
    at + min<usize>(3, left - 1) * step, v128.load8_lane(at + min<usize>(2, left - 1) * step, v, 8), 12);
}

/** block[r, l] += bias[r rowStep + l laneStep], steps in elements. */
function addBias(block: usize, rows: i32, lanes: i32, bias: usize, rowStep: i32, laneStep: i32): void {
  const step = <usize>laneStep << 2;
  for (let r = 0; r < rows; r++) {
    const from = bias + (<usize>r * <usize>rowStep << 2);
    for (let l = 0; l < lanes; l += 4) {
      const at = block + (<usize>l << 2);
      v128.store(at, f32x4.add(v128.load(at), gatherFloats(from + <usize>l * step, step, lanes - l)));
    }
    block += ROW;
  }
}

/** block[r, l] = -Infinity where mask[r rowStep + l laneStep] is 0. */
function hideMasked(block: usize, rows: i32, lanes: i32, mask: usize, rowStep: i32, laneStep: i32): void {
  const step = <usize>laneStep;
  for (let r = 0; r < rows; r++) {
    const from = mask + <usize>r * <usize>rowStep;
    for (let l = 0; l < lanes; l += 4) {
      const at = block + (<usize>l << 2);
      const hidden = i32x4.eq(gatherBytes(from + <usize>l * step, step, lanes - l), i32x4.splat(0));
      v128.store(at, v128.bitselect(f32x4.splat(-Infinity), v128.load(at), hidden));
    }
    block += ROW;
  }
}

/** block[r, l] = -Infinity in row r for lanes from `first` + r on or, if `rowsAreKeys`, for those before it. */
function hideFuture(block: usize, rows: i32, first: i32, rowsAreKeys: bool): void {
  for (let r = 0; r < rows; r++) {
    const limit = i32x4.splat(first + r);
    let lane = i32x4(0, 1, 2, 3);
    for (let l = 0; l < LANES; l += 4) {
      const at = block + (<usize>l << 2);
      const hidden = rowsAreKeys ? i32x4.lt_s(lane, limit) : i32x4.ge_s(lane, limit);
      v128.store(at, v128.bitselect(f32x4.splat(-Infinity), v128.load(at), hidden));
      lane = i32x4.add(lane, i32x4.splat(4));
    }
    block += ROW;
  }
}

/**
 * Completes a block of scores: bias added, unseen ones -Infinity. The block's corner is (`query`, `key`); `bias` and
 * `mask` point to element (0, 0) of the batch's own, or are 0.
 */
export function complete(
  block: usize, rows: i32, lanes: i32, query: i32, key: i32, rowsAreKeys: bool, bias: usize, mask: usize, p: usize,
): void {
  if (bias) {
    const q = load<i32>(p, BIAS_QUERY), k = load<i32>(p, BIAS_KEY);
    const corner = bias + ((<usize>query * <usize>q + <usize>key * <usize>k) << 2);
    addBias(block, rows, lanes, corner, rowsAreKeys ? k : q, rowsAreKeys ? q : k);
  }
  if (mask) {
    const q = load<i32>(p, MASK_QUERY), k = load<i32>(p, MASK_KEY);
    const corner = mask + <usize>query * <usize>q + <usize>key * <usize>k;
    hideMasked(block, rows, lanes, corner, rowsAreKeys ? k : q, rowsAreKeys ? q : k);
  }
  if (!load<i32>(p, CAUSAL)) return;
  // Query i sees key j if j - i <= ahead.
  const ahead = load<i32>(p, KEYS) - load<i32>(p, QUERIES);
  const lastKey = key + (rowsAreKeys ? rows : lanes) - 1;
  if (lastKey - query <= ahead) return;
  hideFuture(block, rows, rowsAreKeys ? key - query - ahead : query - key + ahead + 1, rowsAreKeys);
}

/** Keys that queries up to `query` may see: all, or by causality the first ones. */
// @ts-ignore: decorator
@inline
export function keysSeen(query: i32, p: usize): i32 {
  const keys = load<i32>(p, KEYS);
  if (!load<i32>(p, CAUSAL)) return keys;
  return max(0, min(keys, query + 1 + keys - load<i32>(p, QUERIES)));
}

/** First query that may see `key` or later ones. */
// @ts-ignore: decorator
@inline
export function firstQuery(key: i32, p: usize): i32 {
  if (!load<i32>(p, CAUSAL)) return 0;
  const queries = load<i32>(p, QUERIES);
  return max(0, min(queries, key - load<i32>(p, KEYS) + queries));
}
