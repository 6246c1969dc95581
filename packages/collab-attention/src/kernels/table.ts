/** The package's own kernel, with its meaning. Buffers are contiguous and row-major; sizes are checked by the caller. */
import type { Buffer } from '@saccade/kernels';

/** Sizes of shared attention. */
export interface SharedAttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Shared key dimensions. */
  readonly dims: number;
  /** Value channels of a head. */
  readonly channels: number;
  readonly scale: number;
  /** Query i sees keys j <= i + keys - queries. */
  readonly causal: boolean;
  /** Element strides over [batch, heads, queries, keys], 0 where the bias is broadcast; empty if there is none. */
  readonly biasStrides: readonly number[];
  readonly maskStrides: readonly number[];
}

/** An interface cannot be mapped over by `KernelExtension`; a type can. */
export type CollaborativeKernels = {
  /**
   * out [batch, heads, queries, channels] = softmax(scale (sum_r query[b, t, r] mixing[h, r] key[b, s, r] + content[b, s, h]) + bias) value over the keys that the
   * mask shows; zeros for a query that sees none. Query [batch, queries, dims], mixing [heads, dims], key [batch, keys, dims], content [batch, keys, heads],
   * value [batch, heads, keys, channels].
   */
  sharedAttention(
    query: Buffer,
    mixing: Buffer,
    key: Buffer,
    content: Buffer | undefined,
    value: Buffer,
    bias: Buffer | undefined,
    mask: Buffer | undefined,
    out: Buffer,
    sizes: SharedAttentionSizes,
  ): void;
};
