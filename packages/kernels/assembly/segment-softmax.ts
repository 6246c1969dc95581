// Softmax among the rows of each list (see ./segment), column by column, and its gradient.
import { expNegative } from './math';

/** Up to four values; the other lanes are 0. */
// @ts-ignore: decorator
@inline
function loadUpTo4(at: usize, lanes: i32): v128 {
  if (lanes >= 4) return v128.load(at);
  if (lanes == 1) return v128.load32_zero(at);
  const two = v128.load64_zero(at);
  return lanes == 2 ? two : v128.load32_lane(at, two, 2, 8);
}

// @ts-ignore: decorator
@inline
function storeUpTo4(at: usize, v: v128, lanes: i32): void {
  if (lanes >= 4) {
    v128.store(at, v);
  } else if (lanes == 1) {
    v128.store32_lane(at, v, 0);
  } else {
    v128.store64_lane(at, v, 0);
    if (lanes == 3) v128.store32_lane(at, v, 2, 8);
  }
}

/** Softmax of four columns over one list, its sum in float64. A NaN need not win the maximum: it makes the sum NaN. */
// @ts-ignore: decorator
@inline
function softmaxList(at: usize, end: usize, x: usize, out: usize, rowBytes: usize, lanes: i32): void {
  let largest = f32x4.splat(-<f32>Infinity);
  for (let entry = at; entry < end; entry += 4) {
    largest = f32x4.pmax(largest, loadUpTo4(x + load<usize>(entry) * rowBytes, lanes));
  }
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let entry = at; entry < end; entry += 4) {
    const row = load<usize>(entry) * rowBytes;
    const e = expNegative(f32x4.sub(loadUpTo4(x + row, lanes), largest));
    storeUpTo4(out + row, e, lanes);
    low = f64x2.add(low, f64x2.promote_low_f32x4(e));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(e, e, 1, 1)));
  }
  const one = f64x2.splat(1);
  const factor = v128.shuffle<i64>(
    f32x4.demote_f64x2_zero(f64x2.div(one, low)), f32x4.demote_f64x2_zero(f64x2.div(one, high)), 0, 2,
  );
  for (let entry = at; entry < end; entry += 4) {
    const to = out + load<usize>(entry) * rowBytes;
    storeUpTo4(to, f32x4.mul(loadUpTo4(to, lanes), factor), lanes);
  }
}

/** dx = y (dy - sum of y dy) for four columns over one list, the sum in float64. */
// @ts-ignore: decorator
@inline
function softmaxListGrad(at: usize, end: usize, y: usize, dy: usize, dx: usize, rowBytes: usize, lanes: i32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let entry = at; entry < end; entry += 4) {
    const row = load<usize>(entry) * rowBytes;
    const product = f32x4.mul(loadUpTo4(y + row, lanes), loadUpTo4(dy + row, lanes));
    low = f64x2.add(low, f64x2.promote_low_f32x4(product));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(product, product, 1, 1)));
  }
  const dot = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  for (let entry = at; entry < end; entry += 4) {
    const row = load<usize>(entry) * rowBytes;
    const slope = f32x4.sub(loadUpTo4(dy + row, lanes), dot);
    storeUpTo4(dx + row, f32x4.mul(loadUpTo4(y + row, lanes), slope), lanes);
  }
}

/** Softmax of lists [start, end) of the rows of x, column by column. */
export function segmentSoftmaxLists(
  first: usize, index: usize, x: usize, out: usize, inner: i32, start: i32, end: i32, scratch: usize,
): void {
  const rowBytes = <usize>inner << 2;
  for (let list = start; list < end; list++) {
    const at = index + (load<usize>(first + (<usize>list << 2)) << 2);
    const stop = index + (load<usize>(first + (<usize>list << 2), 4) << 2);
    for (let column = 0; column < inner; column += 4) {
      const skip = <usize>column << 2;
      softmaxList(at, stop, x + skip, out + skip, rowBytes, inner - column);
    }
  }
}

/** Its gradient. */
export function segmentSoftmaxListsGrad(
  first: usize, index: usize, y: usize, dy: usize, dx: usize, inner: i32, start: i32, end: i32, scratch: usize,
): void {
  const rowBytes = <usize>inner << 2;
  for (let list = start; list < end; list++) {
    const at = index + (load<usize>(first + (<usize>list << 2)) << 2);
    const stop = index + (load<usize>(first + (<usize>list << 2), 4) << 2);
    for (let column = 0; column < inner; column += 4) {
      const skip = <usize>column << 2;
      softmaxListGrad(at, stop, y + skip, dy + skip, dx + skip, rowBytes, inner - column);
    }
  }
}
