// The entries of largest magnitude of a vector (float64) that fits into the cache. Ties: the lowest index.

// @ts-ignore: decorator
@inline
export function numberAt(base: usize, i: i32): f64 {
  return load<f64>(base + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
export function putNumber(base: usize, i: i32, value: f64): void {
  store<f64>(base + (<usize>i << 3), value);
}

/** v += c x. */
export function addScaled(v: usize, x: usize, c: f64, n: i32): void {
  const c2 = f64x2.splat(c);
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const at = <usize>i << 3;
    v128.store(v + at, f64x2.add(v128.load(v + at), f64x2.mul(c2, v128.load(x + at))));
  }
  if (i < n) putNumber(v, i, numberAt(v, i) + c * numberAt(x, i));
}

/** The better of two candidates, by magnitude, then by lower index: whether b is. */
// @ts-ignore: decorator
@inline
function better(a: f64, i: f64, b: f64, j: f64): bool {
  return b > a || (b == a && j < i);
}

/** v += c x, and the index of the largest |v|. */
export function addScaledAndFindLargest(v: usize, x: usize, c: f64, n: i32): i32 {
  const c2 = f64x2.splat(c);
  const four = f64x2.splat(4);
  let best0 = f64x2.splat(-1);
  let best1 = best0;
  let places0 = f64x2.splat(0);
  let places1 = places0;
  let place0 = f64x2(0, 1);
  let place1 = f64x2(2, 3);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 3;
    const a = f64x2.add(v128.load(v + at), f64x2.mul(c2, v128.load(x + at)));
    const b = f64x2.add(v128.load(v + at, 16), f64x2.mul(c2, v128.load(x + at, 16)));
    v128.store(v + at, a);
    v128.store(v + at, b, 16);
    const sizeA = f64x2.abs(a);
    const sizeB = f64x2.abs(b);
    places0 = v128.bitselect(place0, places0, f64x2.gt(sizeA, best0));
    places1 = v128.bitselect(place1, places1, f64x2.gt(sizeB, best1));
    best0 = f64x2.max(sizeA, best0);
    best1 = f64x2.max(sizeB, best1);
    place0 = f64x2.add(place0, four);
    place1 = f64x2.add(place1, four);
  }
  let size = f64x2.extract_lane(best0, 0);
  let place = f64x2.extract_lane(places0, 0);
  for (let lane = 1; lane < 4; lane++) {
    const pair = lane < 2 ? best0 : best1;
    const where = lane < 2 ? places0 : places1;
    const b = lane & 1 ? f64x2.extract_lane(pair, 1) : f64x2.extract_lane(pair, 0);
    const j = lane & 1 ? f64x2.extract_lane(where, 1) : f64x2.extract_lane(where, 0);
    if (better(size, place, b, j)) {
      size = b;
      place = j;
    }
  }
  for (; i < n; i++) {
    const value = numberAt(v, i) + c * numberAt(x, i);
    putNumber(v, i, value);
    if (abs(value) > size) {
      size = abs(value);
      place = i;
    }
  }
  return <i32>place;
}

/** The heap holds k magnitudes, and their indices behind them; the worst candidate is first: the smallest, and of equal ones that of the highest index. */
// @ts-ignore: decorator
@inline
function placeAt(heap: usize, k: i32, i: i32): i32 {
  return load<i32>(heap + (<usize>k << 3) + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
function putPlace(heap: usize, k: i32, i: i32, place: i32): void {
  store<i32>(heap + (<usize>k << 3) + (<usize>i << 2), place);
}

// @ts-ignore: decorator
@inline
function isWorse(heap: usize, k: i32, i: i32, size: f64, place: i32): bool {
  const own = numberAt(heap, i);
  return own < size || (own == size && placeAt(heap, k, i) > place);
}

/** Puts a candidate in the place of the first, and lets it sink. */
function replaceFirst(heap: usize, k: i32, size: f64, place: i32): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= k) break;
    if (child + 1 < k && isWorse(heap, k, child + 1, numberAt(heap, child), placeAt(heap, k, child))) child++;
    if (!isWorse(heap, k, child, size, place)) break;
    putNumber(heap, at, numberAt(heap, child));
    putPlace(heap, k, at, placeAt(heap, k, child));
    at = child;
  }
  putNumber(heap, at, size);
  putPlace(heap, k, at, place);
}

/** Fills `heap`, room for k words of 8 bytes and k of 4, with the k entries of largest magnitude, in no order. v has n >= k entries. */
export function findLargest(v: usize, n: i32, k: i32, heap: usize): void {
  for (let i = 0; i < k; i++) {
    putNumber(heap, i, -1);
    putPlace(heap, k, i, 0x7fffffff);
  }
  let least = f64x2.splat(-1);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = v + (<usize>i << 3);
    const a = f64x2.gt(f64x2.abs(v128.load(at)), least);
    const b = f64x2.gt(f64x2.abs(v128.load(at, 16)), least);
    if (!v128.any_true(v128.or(a, b))) continue;
    for (let j = i; j < i + 4; j++) {
      const size = abs(numberAt(v, j));
      if (size > numberAt(heap, 0)) replaceFirst(heap, k, size, j);
    }
    least = f64x2.splat(numberAt(heap, 0));
  }
  for (; i < n; i++) {
    const size = abs(numberAt(v, i));
    if (size > numberAt(heap, 0)) replaceFirst(heap, k, size, i);
  }
}

/** The index of candidate i. */
// @ts-ignore: decorator
@inline
export function foundAt(heap: usize, k: i32, i: i32): i32 {
  return placeAt(heap, k, i);
}
