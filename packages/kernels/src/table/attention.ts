/** Fused scaled-dot-product attention that never holds the full score matrix. */

export interface AttentionSizes {
  /** Leading axes of query, key, value and out together, for instance [batch, heads], multiplied out. */
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  /** Channels of query and key. */
  readonly channels: number;
  /** Channels of value and out. */
  readonly valueChannels: number;
  /** Factor of the dot products, 1 / sqrt(channels) by default. */
  readonly scale: number;
  /** Query i sees keys j <= i + keys - queries. */
  readonly causal: boolean;
  /** The leading axes one by one; their product is `batch`. */
  readonly batchShape: readonly number[];
  /** Element strides of bias over [...batchShape, queries, keys]; 0 repeats. Empty without bias. */
  readonly biasStrides: readonly number[];
  /** The same for the mask. */
  readonly maskStrides: readonly number[];
}

export interface AttentionKernels<B> {
  /**
   * out[b, i] = sum over j of p[b, i, j] value[b, j] with p = softmax over j of (scale query . key + bias), where mask
   * (bool) is not 0 and causality allows it. A query that sees no key, or whose scores are all -Infinity, gives zeros. What is hidden must
   * still be finite: it may be multiplied by 0. Writes logSumExp [batch, queries]
   * of the scores (-Infinity where no key is seen) for the backward pass. Scratch does not grow with queries times keys.
   */
  attention(
    query: B,
    key: B,
    value: B,
    bias: B | undefined,
    mask: B | undefined,
    out: B,
    logSumExp: B,
    sizes: AttentionSizes,
  ): void;
  /**
   * Gradients by query, key, value and, if `dbias` is given (it has bias's own, broadcast shape), by bias.
   * All are overwritten.
   */
  attentionGrad(
    query: B,
    key: B,
    value: B,
    bias: B | undefined,
    mask: B | undefined,
    out: B,
    logSumExp: B,
    dout: B,
    dquery: B,
    dkey: B,
    dvalue: B,
    dbias: B | undefined,
    sizes: AttentionSizes,
  ): void;
}
