/** Kernels with integer indices: gather, scatter, one-hot. CPU devices throw IndexError for an index outside its axis; negative ones count as outside. */

/** x is [outer, size, inner]; indices select on the middle axis. */
export interface IndexSizes {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /** Number of indices. */
  readonly count: number;
}

export interface IndexingKernels<B> {
  /** out[o, j, i] = x[o, indices[j], i], indices int32 [count]. Any dtype. */
  gather(x: B, indices: B, out: B, sizes: IndexSizes): void;
  /** out[o, indices[j], i] += updates[o, j, i], in the order of j, onto what out [outer, size, inner] holds. */
  scatterAdd(out: B, indices: B, updates: B, sizes: IndexSizes): void;
  /** out[o, j, i] = x[o, indices[o, j, i], i], indices int32 [outer, count, inner]. Any dtype. */
  takeAlong(x: B, indices: B, out: B, sizes: IndexSizes): void;
  /** out[o, indices[o, j, i], i] += updates[o, j, i], in the order of j. */
  scatterAddAlong(out: B, indices: B, updates: B, sizes: IndexSizes): void;
  /** out[j, d] = d == indices[j] ? on : off, out [count, depth] of any dtype. */
  oneHot(indices: B, out: B, count: number, depth: number, on: number, off: number): void;
}
