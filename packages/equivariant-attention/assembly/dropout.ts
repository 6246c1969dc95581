// Which weights of one query element stay: the numbers of src/attention/dropout.ts, four lanes at a time.
import { K, k } from '../../kernels/assembly/lib';
import { Call, vectors, words } from './call';

// @ts-ignore: decorator
@inline
function lows(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function highs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/** Both halves of a word, as two vectors. */
// @ts-ignore: decorator
@inline
function putHalves(word: v128, out: usize): void {
  v128.store(out, v128.and(word, i32x4.splat(0xffff)));
  v128.store(out, i32x4.shr_u(word, 16), 16);
}

/** The eight numbers of a block for each of four counters, given in two pairs: Philox4x32-10 of kernels/assembly/random.ts. */
function drawBlock(first: v128, second: v128, key0: i32, key1: i32, out: usize): void {
  const m0 = k(K.PHILOX0), m1 = k(K.PHILOX1);
  let c0 = lows(first, second), c1 = highs(first, second);
  let c2 = i32x4.splat(0), c3 = c2;
  let k0 = i32x4.splat(key0), k1 = i32x4.splat(key1);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(m0, c0), b = i64x2.extmul_high_i32x4_u(m0, c0);
    const c = i64x2.extmul_low_i32x4_u(m1, c2), d = i64x2.extmul_high_i32x4_u(m1, c2);
    c0 = v128.xor(highs(c, d), v128.xor(c1, k0));
    c1 = lows(c, d);
    c2 = v128.xor(highs(a, b), v128.xor(c3, k1));
    c3 = lows(a, b);
    k0 = i32x4.add(k0, k(K.WEYL0));
    k1 = i32x4.add(k1, k(K.WEYL1));
  }
  putHalves(c0, out);
  putHalves(c1, out + 32);
  putHalves(c2, out + 64);
  putHalves(c3, out + 96);
}

/** First block of a row's numbers. */
// @ts-ignore: decorator
@inline
function blockOf(call: Call, matrix: i32, row: i32): u64 {
  const rows = <u64>(call.outputs * call.queries * call.height * call.width);
  if (call.rowOf) row = load<i32>(call.rowOf + words(row));
  return ((<u64>call.blockHigh << 32) | <u64>call.blockLow) + (<u64>matrix * rows + <u64>row) * <u64>call.blocks;
}

/** The same for a lane; lanes that there are not have the last one's. */
// @ts-ignore: decorator
@inline
function laneBlock(call: Call, matrix: i32, row: i32, lane: i32, left: i32): i64 {
  lane = min(lane, left - 1);
  return <i64>(call.images == 1 ? blockOf(call, matrix, row + lane) : blockOf(call, matrix + lane * call.heads, row));
}

/** numbers [M O] of output v and query element g for the block at `pixel`; `matrix` is image and head of its first lane. */
function drawNumbers(call: Call, room: usize, matrix: i32, v: i32, g: i32, pixel: i32, left: i32): void {
  const row = (v * call.queries + g) * call.height * call.width + pixel;
  let first = i64x2(laneBlock(call, matrix, row, 0, left), laneBlock(call, matrix, row, 1, left));
  let second = i64x2(laneBlock(call, matrix, row, 2, left), laneBlock(call, matrix, row, 3, left));
  let to = room + call.numbers;
  for (let block = call.blocks; block > 0; block--) {
    drawBlock(first, second, call.key0, call.key1, to);
    first = i64x2.add(first, i64x2.splat(1));
    second = i64x2.add(second, i64x2.splat(1));
    to += 128;
  }
}

/** kept [M, n, V] of query element g: all bits set where a weight stays. */
export function drawKept(call: Call, room: usize, matrix: i32, g: i32, pixel: i32, left: i32, n: i32): void {
  const threshold = i32x4.splat(call.threshold);
  const step = vectors(call.outputs), numbers = room + call.numbers;
  for (let v = 0; v < call.outputs; v++) {
    drawNumbers(call, room, matrix, v, g, pixel, left);
    let to = room + call.kept + vectors(v);
    for (let m = 0; m < call.keys; m++) {
      const places = call.place + words((v * call.keys + m) * call.offsetCount);
      for (let j: usize = 0; j < words(n); j += 4) {
        const o = load<i32>(room + call.which + j);
        const number = call.place ? load<i32>(places + words(o)) : m * call.offsetCount + o;
        v128.store(to, i32x4.ge_s(v128.load(numbers + vectors(number)), threshold));
        to += step;
      }
    }
  }
}
