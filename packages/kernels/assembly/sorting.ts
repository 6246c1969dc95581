// Sort and top-k of rows. An element becomes one u64: a key whose unsigned order is the order wanted in the high half,
// its index in the low one. All are different, so every way of sorting them is stable.

/** Up to so many elements, comparing all with all is the fastest. */
const SHORT = 64;
/** Rows from this length on are cut down to the buckets that hold the best k, before they are sorted. */
const LONG = 2048;
const BUCKETS = 2048;
const NAN_KEY: u32 = 0xffffffff;

/** Ascending key; `flip` is ~0 for descending order. NaN is the largest, -0 equals 0. */
// @ts-ignore: decorator
@inline
function keyAt<T>(x: usize, i: i32, flip: u32): u32 {
  if (isFloat<T>()) {
    const value = load<f32>(x + (<usize>i << 2));
    const bits = reinterpret<u32>(value + 0); // -0 + 0 is 0
    const key = bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
    return (value == value ? key : NAN_KEY) ^ flip;
  }
  return load<u32>(x + (<usize>i << 2)) ^ 0x80000000 ^ flip;
}

// @ts-ignore: decorator
@inline
function packed<T>(x: usize, i: i32, flip: u32): u64 {
  return (<u64>keyAt<T>(x, i, flip) << 32) | <u64>i;
}

/** Writes the elements that `sorted` [k] stands for, with the very bits they have in x, and their indices. */
// @ts-ignore: decorator
@inline
function writeOrder<T>(sorted: usize, x: usize, values: usize, indices: usize, k: i32, flip: u32): void {
  for (let i = 0; i < k; i++) {
    const element = load<u64>(sorted + (<usize>i << 3));
    const key = <u32>(element >> 32) ^ flip;
    let bits = key ^ 0x80000000;
    if (isFloat<T>()) {
      // Zeros and NaN share keys; all others can be told from the key, which spares a jump to x.
      if (bits == 0 || key == NAN_KEY) bits = load<u32>(x + (<usize>(<u32>element) << 2));
      else if (<i32>key >= 0) bits = ~key;
    }
    store<u32>(values + (<usize>i << 2), bits);
    store<u32>(indices + (<usize>i << 2), <u32>element);
  }
}

/** How many of the n elements are less: the place of `element` in order. */
// @ts-ignore: decorator
@inline
function place(less: v128): usize {
  return <usize>(i64x2.extract_lane(less, 0) + i64x2.extract_lane(less, 1)) << 3;
}

/** Sorts a [n] into b without a branch on the data: counts for each element those before it. Both have room for n + 2. */
function sortByRank(a: usize, b: usize, n: i32): void {
  const sign = <u64>1 << 63; // only signed 64-bit lanes can be compared
  const end = a + (<usize>n << 3);
  for (let at = a; at < end; at += 8) store<u64>(at, load<u64>(at) ^ sign);
  store<i64>(end, i64.MAX_VALUE);
  for (let i = a; i < end; i += 16) {
    const first = v128.load64_splat(i);
    const second = v128.load64_splat(i, 8);
    let lessFirst = i64x2.splat(0);
    let lessSecond = i64x2.splat(0);
    for (let j = a; j < end; j += 16) {
      const pair = v128.load(j);
      lessFirst = i64x2.sub(lessFirst, i64x2.lt_s(pair, first));
      lessSecond = i64x2.sub(lessSecond, i64x2.lt_s(pair, second));
    }
    store<u64>(b + place(lessFirst), load<u64>(i) ^ sign);
    store<u64>(b + place(lessSecond), load<u64>(i, 8) ^ sign);
  }
}

/** Sorts a [n] by the bytes of its keys, the lowest first; b [n] is room, counts 4 KiB. Returns where the result is. */
function sortByRadix(a: usize, b: usize, n: i32, counts: usize): usize {
  memory.fill(counts, 0, 4096);
  for (let i = 0; i < n; i++) {
    const key = load<u32>(a + (<usize>i << 3), 4);
    for (let digit = 0; digit < 4; digit++) {
      const at = counts + ((<usize>digit << 8 | <usize>((key >> (digit << 3)) & 255)) << 2);
      store<i32>(at, load<i32>(at) + 1);
    }
  }
  const first = load<u32>(a, 4);
  for (let digit = 0; digit < 4; digit++) {
    const shift = digit << 3;
    const table = counts + (<usize>digit << 10);
    if (load<i32>(table + (<usize>((first >> shift) & 255) << 2)) == n) continue; // all keys agree in this byte
    let place = 0;
    for (let value: usize = 0; value < 1024; value += 4) {
      const count = load<i32>(table + value);
      store<i32>(table + value, place);
      place += count;
    }
    for (let i = 0; i < n; i++) {
      const element = load<u64>(a + (<usize>i << 3));
      const at = table + (<usize>((<u32>(element >> 32) >> shift) & 255) << 2);
      const to = load<i32>(at);
      store<u64>(b + (<usize>to << 3), element);
      store<i32>(at, to + 1);
    }
    const swap = a;
    a = b;
    b = swap;
  }
  return a;
}

/** Packs the elements that may be among the first k, in their order, into `a`; returns how many. */
// @ts-ignore: decorator
@inline
function pack<T>(x: usize, size: i32, k: i32, flip: u32, a: usize, counts: usize): i32 {
  if (size < LONG || k > size >> 1) {
    for (let i = 0; i < size; i++) store<u64>(a + (<usize>i << 3), packed<T>(x, i, flip));
    return size;
  }
  memory.fill(counts, 0, BUCKETS << 2);
  for (let i = 0; i < size; i++) {
    const at = counts + (<usize>(keyAt<T>(x, i, flip) >> 21) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
  let enough = 0;
  let last: u32 = 0;
  for (;; last++) {
    enough += load<i32>(counts + (<usize>last << 2));
    if (enough >= k) break;
  }
  let n = 0;
  for (let i = 0; i < size; i++) {
    const element = packed<T>(x, i, flip);
    store<u64>(a + (<usize>n << 3), element);
    n += i32(<u32>(element >> 53) <= last);
  }
  return n;
}

/** The first k of each row in order; scratch holds 16 (size + 2) + 8192 bytes. */
// @ts-ignore: decorator
@inline
function sortRows<T>(
  x: usize, values: usize, indices: usize, size: i32, k: i32, flip: u32, start: i32, end: i32, scratch: usize,
): void {
  const a = scratch + 8192;
  const b = a + (<usize>(size + 2) << 3);
  for (let row = start; row < end; row++) {
    const from = x + (<usize>row * <usize>size << 2);
    const to = <usize>row * <usize>k << 2;
    const n = pack<T>(from, size, k, flip, a, scratch);
    let sorted = b;
    if (n <= SHORT) sortByRank(a, b, n);
    else sorted = sortByRadix(a, b, n, scratch);
    writeOrder<T>(sorted, from, values + to, indices + to, k, flip);
  }
}

export function sortF32(
  x: usize, values: usize, indices: usize, size: i32, k: i32, flip: u32, start: i32, end: i32, scratch: usize,
): void {
  sortRows<f32>(x, values, indices, size, k, flip, start, end, scratch);
}

export function sortI32(
  x: usize, values: usize, indices: usize, size: i32, k: i32, flip: u32, start: i32, end: i32, scratch: usize,
): void {
  sortRows<i32>(x, values, indices, size, k, flip, start, end, scratch);
}

/** Puts `element` at the root of the heap [n], largest first, and lets it sink. */
function sink(heap: usize, at: i32, n: i32, element: u64): void {
  for (;;) {
    let child = 2 * at + 1;
    if (child >= n) break;
    let next = load<u64>(heap + (<usize>child << 3));
    if (child + 1 < n) {
      const right = load<u64>(heap + (<usize>child << 3), 8);
      if (right > next) {
        next = right;
        child++;
      }
    }
    if (next <= element) break;
    store<u64>(heap + (<usize>at << 3), next);
    at = child;
  }
  store<u64>(heap + (<usize>at << 3), element);
}

/** True if none of the four elements comes before the bound, all lanes of which are the worst of the k found. */
// @ts-ignore: decorator
@inline
function behind<T>(x: usize, bound: v128, flip: u32): v128 {
  const v = v128.load(x);
  if (isFloat<T>()) return flip ? f32x4.le(v, bound) : f32x4.ge(v, bound);
  return flip ? i32x4.le_s(v, bound) : i32x4.ge_s(v, bound);
}

/** Offers elements [i, end) of x to the heap. */
// @ts-ignore: decorator
@inline
function offer<T>(heap: usize, k: i32, x: usize, i: i32, end: i32, flip: u32): void {
  let worst = <u32>(load<u64>(heap) >> 32);
  for (; i < end; i++) {
    const element = packed<T>(x, i, flip);
    if (<u32>(element >> 32) < worst) {
      sink(heap, 0, k, element);
      worst = <u32>(load<u64>(heap) >> 32);
    }
  }
}

/** The first k of each row, kept in a heap while the row goes by; scratch holds 8 k bytes. */
// @ts-ignore: decorator
@inline
function topkRows<T>(
  x: usize, values: usize, indices: usize, size: i32, k: i32, flip: u32, start: i32, end: i32, heap: usize,
): void {
  for (let row = start; row < end; row++) {
    const from = x + (<usize>row * <usize>size << 2);
    for (let i = 0; i < k; i++) store<u64>(heap + (<usize>i << 3), packed<T>(from, i, flip));
    for (let i = (k >> 1) - 1; i >= 0; i--) sink(heap, i, k, load<u64>(heap + (<usize>i << 3)));
    let i = k;
    for (; i + 16 <= size; i += 16) {
      const bound = v128.load32_splat(from + (<usize>load<u32>(heap) << 2)); // the root's low half is its index
      const at = from + (<usize>i << 2);
      const ab = v128.and(behind<T>(at, bound, flip), behind<T>(at + 16, bound, flip));
      const cd = v128.and(behind<T>(at + 32, bound, flip), behind<T>(at + 48, bound, flip));
      if (!i32x4.all_true(v128.and(ab, cd))) offer<T>(heap, k, from, i, i + 16, flip);
    }
    offer<T>(heap, k, from, i, size, flip);
    for (let n = k - 1; n > 0; n--) {
      const root = load<u64>(heap);
      sink(heap, 0, n, load<u64>(heap + (<usize>n << 3)));
      store<u64>(heap + (<usize>n << 3), root);
    }
    const to = <usize>row * <usize>k << 2;
    writeOrder<T>(heap, from, values + to, indices + to, k, flip);
  }
}

export function topkF32(
  x: usize, values: usize, indices: usize, size: i32, k: i32, flip: u32, start: i32, end: i32, scratch: usize,
): void {
  topkRows<f32>(x, values, indices, size, k, flip, start, end, scratch);
}

export function topkI32(
  x: usize, values: usize, indices: usize, size: i32, k: i32, flip: u32, start: i32, end: i32, scratch: usize,
): void {
  topkRows<i32>(x, values, indices, size, k, flip, start, end, scratch);
}
