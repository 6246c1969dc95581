// What one call is about, as src/wasm/calls.ts writes it to the parameter block, and where things lie in a thread's scratch.

// @ts-ignore: decorator
@unmanaged
export class Call {
  // Addresses; 0 for what is not there.
  query: usize;
  key: usize;
  value: usize;
  row: usize;
  column: usize;
  group: usize;
  /** int32 [O, 2]. */
  offsets: usize;
  /** int32 [pairs, 2]: row and column of the tables. */
  pairs: usize;
  /** int32 [O, V]: the pair that output v reads at an offset. */
  pairAt: usize;
  /** int32 [G, M, V]. */
  groupAt: usize;
  window: usize;
  /** int32 [V, G, pixels] and [V, M O], or 0. */
  rowOf: usize;
  place: usize;
  /** The result, or its gradient. */
  out: usize;
  dquery: usize;
  dkey: usize;
  dvalue: usize;
  /** Gradients of the tables, item by item. */
  partials: usize;
  // Sizes.
  batch: i32;
  heads: i32;
  outputs: i32;
  queries: i32;
  keys: i32;
  offsetCount: i32;
  height: i32;
  width: i32;
  dims: i32;
  groupDims: i32;
  rows: i32;
  columns: i32;
  entries: i32;
  pairCount: i32;
  /** Rows of pixels that an item has, and rows above and below them that it looks at. */
  band: i32;
  above: i32;
  below: i32;
  // Dropout; blocks is 0 without.
  key0: i32;
  key1: i32;
  blockLow: u32;
  blockHigh: u32;
  blocks: i32;
  threshold: i32;
  // Lanes: neighbours in how many columns, or in how many images, they are: 4 and 1, or 1 and 4.
  wide: i32;
  images: i32;
  // Planes: bytes from column to column, before column 0, from row to row, and from channel to channel.
  columnBytes: i32;
  margin: i32;
  rowBytes: i32;
  plane: i32;
  // Places in the scratch, in bytes.
  keyPlanes: usize;
  valuePlanes: usize;
  dkeyPlanes: usize;
  dvaluePlanes: usize;
  /** Of a block, channel by channel: [mid, G], and [mid, V]. */
  q: usize;
  dq: usize;
  z: usize;
  /**
   * What the plan says, in bytes: shifts [O] in planes, pairs [pairs, 2] and entries [G, M, V] in `encodings`, pairAt [O, V] in
   * `pairFactors`.
   */
  offsetShifts: usize;
  pairOffsets: usize;
  entryOffsets: usize;
  pairAtOffsets: usize;
  /** What is near: shifts, offsets, and where lanes are to be hidden. */
  shifts: usize;
  which: usize;
  edges: usize;
  edgeMasks: usize;
  edgeCount: usize;
  /** [G, M, n], their exponentials in their place, and their gradients. */
  content: usize;
  dcontent: usize;
  /** [M, n]: weights of one query element in the direct form. */
  exact: usize;
  /** [G] and [V]: what is added to scores with keys, and to products with values. */
  contentStart: usize;
  dweightStart: usize;
  /** [M, n, V]: weights summed over query elements, and their gradients. */
  weights: usize;
  dweights: usize;
  /** [rows + columns + entries] and one more: scores with encodings, then their exponentials, and their gradients. */
  encodings: usize;
  dencodings: usize;
  /** [pairs], and its gradient. */
  pairFactors: usize;
  dpairFactors: usize;
  /** [n, V]. */
  factors: usize;
  dfactors: usize;
  /** [M, V]: exponentials of group scores, sums over offsets, and such sums with the weights' gradients. */
  groupFactors: usize;
  sums: usize;
  slopes: usize;
  /** [V]: mean gradient of a row's weights. */
  means: usize;
  /** [M, n, V]: all bits set where a weight stays, and the numbers [M O] that it is made of. */
  kept: usize;
  numbers: usize;
  /** [rows, d], [columns, d], [entries, groupDims]: gradients of the tables, lane by lane. */
  dtables: usize;
}

/** Channels of a head. */
// @ts-ignore: decorator
@inline
export function midOf(call: Call): i32 {
  return 2 * call.dims + call.groupDims;
}

/** Bytes of n vectors. */
// @ts-ignore: decorator
@inline
export function vectors(n: i32): usize {
  return <usize>n << 4;
}

/** Bytes of n numbers. */
// @ts-ignore: decorator
@inline
export function words(n: i32): usize {
  return <usize>n << 2;
}

/** Rows of all three tables. */
// @ts-ignore: decorator
@inline
export function encodingCount(call: Call): i32 {
  return call.rows + call.columns + call.entries;
}

/** Numbers in all three tables. */
// @ts-ignore: decorator
@inline
export function tableSize(call: Call): i32 {
  return (call.rows + call.columns) * call.dims + call.entries * call.groupDims;
}

/** Zeros in n vectors: for a few of them faster than memory.fill, which is a call into the engine. */
// @ts-ignore: decorator
@inline
export function clear(x: usize, n: i32): void {
  const zero = f32x4.splat(0);
  for (const end = x + vectors(n); x < end; x += 16) v128.store(x, zero);
}
