// What kernels over rows share: where a row starts, and vectors cut short at a row's end.

/** The element at which row `row` starts: int32 lists of `axes` sizes and strides, the last axis fastest. */
export function rowStart(row: i32, axes: i32, shape: usize, strides: usize): isize {
  let at: isize = 0;
  for (let axis: isize = (<isize>axes - 1) << 2; axis >= 0; axis -= 4) {
    const size = load<i32>(shape + axis);
    const rest = row / size;
    at += <isize>(row - rest * size) * <isize>load<i32>(strides + axis);
    row = rest;
  }
  return at;
}

/** The first n (1 to 3) lanes at an address; the rest is 0. Reads no further. */
export function loadPart(at: usize, n: i32): v128 {
  let v = v128.load32_zero(at);
  if (n > 1) v = v128.load32_lane(at + 4, v, 1);
  if (n > 2) v = v128.load32_lane(at + 8, v, 2);
  return v;
}

/** Writes the first n (1 to 3) lanes. */
export function storePart(at: usize, v: v128, n: i32): void {
  v128.store32_lane(at, v, 0);
  if (n > 1) v128.store32_lane(at + 4, v, 1);
  if (n > 2) v128.store32_lane(at + 8, v, 2);
}
