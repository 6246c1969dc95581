/** The package's own kernels, with their meaning. Buffers are contiguous and row-major; sizes and indices are checked by the caller. */
import type { Buffer } from '@saccade/kernels';

/** Sizes of attention over a group, and what shapes it. */
export interface GroupAttentionSizes {
  readonly batch: number;
  readonly heads: number;
  /** V, G, M: elements of output, query and key. */
  readonly outputs: number;
  readonly queries: number;
  readonly keys: number;
  /** O. */
  readonly offsets: number;
  /** Different pairs of a row and a column of the tables. */
  readonly pairs: number;
  /** Rows of pixels that the offsets reach up and down. */
  readonly above: number;
  readonly below: number;
  readonly height: number;
  readonly width: number;
  /** d: channels of the encodings of rows and columns; a head has mid = 2 d + groupDims. */
  readonly dims: number;
  readonly groupDims: number;
  /** Rows of the three tables. */
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
  readonly scale: number;
  /** Which weights are dropped: see attention/dropout.ts. */
  readonly dropout: DropoutNumbers | undefined;
}

/** Where the random numbers of dropout are, and what is made of them. */
export interface DropoutNumbers {
  readonly key0: number;
  readonly key1: number;
  /** First block of four words, and blocks a row. */
  readonly block: number;
  readonly blocks: number;
  readonly threshold: number;
  readonly factor: number;
}

/** An interface cannot be mapped over by `KernelExtension`; a type can. */
export type EquivariantKernels = {
  /**
   * out [batch, V, height, width, heads mid] as in attention/group-attention.ts, of query [batch, G, height, width, heads mid], key and value
   * [batch, M, height, width, heads mid], row [rows, d], column [columns, d], group [entries, groupDims]. `plan`, int32: offsets [O, 2], which
   * differ; pairs [pairs, 2] of a row and a column; pairAt [O, V], the pair that an output reads at an offset; groupAt [G, M, V], rows of group. `window` [O]. `orbit`, int32: rowOf [V, G, pixels], place [V, M O]. A row with a score that is NaN, or whose
   * largest is infinite, is NaN.
   */
  groupAttention(
    query: Buffer,
    key: Buffer,
    value: Buffer,
    row: Buffer,
    column: Buffer,
    group: Buffer | undefined,
    plan: Buffer,
    window: Buffer | undefined,
    orbit: Buffer | undefined,
    out: Buffer,
    sizes: GroupAttentionSizes,
  ): void;
  /** Gradients by query, key, value and the tables; all are overwritten. */
  groupAttentionGrad(
    query: Buffer,
    key: Buffer,
    value: Buffer,
    row: Buffer,
    column: Buffer,
    group: Buffer | undefined,
    plan: Buffer,
    window: Buffer | undefined,
    orbit: Buffer | undefined,
    dout: Buffer,
    dquery: Buffer,
    dkey: Buffer,
    dvalue: Buffer,
    drow: Buffer,
    dcolumn: Buffer,
    dgroup: Buffer | undefined,
    sizes: GroupAttentionSizes,
  ): void;
};
