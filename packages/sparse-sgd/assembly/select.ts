// The k entries of largest magnitude of a long vector: a threshold guessed from a sample, one pass that collects what lies above it, and an
// exact choice among those. Ties: the lowest index. Magnitudes are compared as the bits of |x|.

/** Entries of one item of `collect`; src/wasm/select.ts knows it too. */
// @ts-ignore: decorator
@inline
const PIECE: i32 = 32768;

// @ts-ignore: decorator
@inline
function bitsAt(x: usize, i: i32): u32 {
  return load<u32>(x + (<usize>i << 2)) & 0x7fffffff;
}

// @ts-ignore: decorator
@inline
function keyAt(keys: usize, i: i32): u64 {
  return load<u64>(keys + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
function swapKeys(keys: usize, i: i32, j: i32): void {
  const key = keyAt(keys, i);
  store<u64>(keys + (<usize>i << 3), keyAt(keys, j));
  store<u64>(keys + (<usize>j << 3), key);
}

/** The key of rank k (1: the largest) among n; reorders them. Quickselect with the middle of three, keys are distinct or few. */
function ofRank(keys: usize, n: i32, k: i32): u64 {
  let low = 0;
  let high = n - 1;
  const target = k - 1;
  while (low < high) {
    const middle = low + ((high - low) >> 1);
    if (keyAt(keys, middle) > keyAt(keys, low)) swapKeys(keys, middle, low);
    if (keyAt(keys, high) > keyAt(keys, low)) swapKeys(keys, high, low);
    if (keyAt(keys, high) > keyAt(keys, middle)) swapKeys(keys, high, middle);
    const pivot = keyAt(keys, middle);
    let i = low;
    let j = high;
    while (i <= j) {
      while (keyAt(keys, i) > pivot) i++;
      while (keyAt(keys, j) < pivot) j--;
      if (i <= j) swapKeys(keys, i++, j--);
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return keyAt(keys, target);
}

/** The bits of the `rank`-th largest magnitude of `samples` entries spread evenly over x [n]; `keys` is room for them. */
export function sampleThreshold(x: usize, n: i32, samples: i32, rank: i32, keys: usize): u32 {
  for (let s = 0; s < samples; s++) {
    const i = <i32>((<u64>s * n) / samples);
    store<u64>(keys + (<usize>s << 3), (<u64>bitsAt(x, i) << 32) | s);
  }
  return <u32>(ofRank(keys, samples, rank) >> 32);
}

/** For each piece of x [n]: the indices whose bits are at least the threshold, ascending, from the piece's place in `found` on; how many in `counts`. */
export function collect(x: usize, n: i32, threshold: u32, found: usize, counts: usize, start: i32, end: i32, scratch: usize): void {
  // For a threshold of 0 all are found.
  const below = i32x4.splat(<i32>threshold - 1);
  const sign = i32x4.splat(0x7fffffff);
  for (let piece = start; piece < end; piece++) {
    const from = piece * PIECE;
    const to = min(from + PIECE, n);
    let out = found + (<usize>from << 2);
    const first = out;
    let i = from;
    for (; i + 8 <= to; i += 8) {
      const at = x + (<usize>i << 2);
      const a = i32x4.gt_s(v128.and(v128.load(at), sign), below);
      const b = i32x4.gt_s(v128.and(v128.load(at, 16), sign), below);
      if (!v128.any_true(v128.or(a, b))) continue;
      for (let mask = i32x4.bitmask(a) | (i32x4.bitmask(b) << 4); mask != 0; mask &= mask - 1) {
        store<i32>(out, i + ctz(mask));
        out += 4;
      }
    }
    for (; i < to; i++) {
      if (bitsAt(x, i) >= threshold) {
        store<i32>(out, i);
        out += 4;
      }
    }
    store<i32>(counts + (<usize>piece << 2), <i32>((out - first) >> 2));
  }
}

/**
 * The k best of what `collect` found, in `indices`, with their values. `keys` is room for all found.
 * Returns how many there are that are not finite.
 */
export function choose(
  x: usize,
  n: i32,
  k: i32,
  found: usize,
  counts: usize,
  keys: usize,
  indices: usize,
  values: usize,
): i32 {
  const pieces = (n + PIECE - 1) / PIECE;
  let total = 0;
  let odd = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const from = found + (<usize>(piece * PIECE) << 2);
    const count = load<i32>(counts + (<usize>piece << 2));
    for (let e = 0; e < count; e++) {
      const i = load<i32>(from + (<usize>e << 2));
      const bits = bitsAt(x, i);
      odd += i32(bits >= 0x7f800000);
      store<u64>(keys + (<usize>total << 3), (<u64>bits << 32) | ~<u32>i);
      total++;
    }
  }
  const least = ofRank(keys, total, k);
  let at = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const from = found + (<usize>(piece * PIECE) << 2);
    const count = load<i32>(counts + (<usize>piece << 2));
    for (let e = 0; e < count; e++) {
      const i = load<i32>(from + (<usize>e << 2));
      if (((<u64>bitsAt(x, i) << 32) | ~<u32>i) < least) continue;
      store<i32>(indices + (<usize>at << 2), i);
      store<u32>(values + (<usize>at << 2), load<u32>(x + (<usize>i << 2)));
      at++;
    }
  }
  return odd;
}
