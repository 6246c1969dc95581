/** Attention whose scores depend on content too: tile by tile of queries, so that no queries x keys matrix of an image exists. */
import { attention, attentionWeights, checkpoint, concat, crop, type Tensor } from '@saccade/tensor';

/** Values in the position scores of one tile, 16 MB. */
const TILE = 2 ** 22;

/** What is attended to: [batch, heads, length, channels] each. */
export interface Content {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  /** Factor of the products of query and key. */
  readonly scale: number;
}

/** Position scores of the queries [from, to), which broadcast to [batch, heads, to - from, keys]. */
export type PositionScores = (from: number, to: number) => Tensor;

/** softmax(scale query key^T + scores) value: [batch, heads, queries, channels]. */
export function attend({ query, key, value, scale }: Content, scores: PositionScores | undefined): Tensor {
  // Without position scores the fused kernel holds no scores at all.
  if (scores === undefined) return attention(query, key, value, { scale });
  const [batch, heads, queries] = query.shape as [number, number, number];
  const keys = key.shape[2] as number;
  const tile = Math.max(1, Math.floor(TILE / (batch * heads * keys)));
  const part = (from: number, to: number) => (): Tensor =>
    attention(rows(query, from, to), key, value, { bias: scores(from, to), scale });
  if (tile >= queries) return part(0, queries)();
  const parts: Tensor[] = [];
  for (let from = 0; from < queries; from += tile) {
    parts.push(checkpoint(part(from, Math.min(queries, from + tile)))());
  }
  return concat(parts, 2);
}

/** The weights of the queries [from, to): [batch, heads, to - from, keys]. */
export function attendWeights(
  { query, key, scale }: Content,
  scores: PositionScores | undefined,
  from: number,
  to: number,
): Tensor {
  return attentionWeights(rows(query, from, to), key, { bias: scores?.(from, to), scale });
}

/** The rows [from, to) of [batch, heads, length, channels]. */
export function rows(x: Tensor, from: number, to: number): Tensor {
  const [batch, heads, length, channels] = x.shape as [number, number, number, number];
  if (from === 0 && to === length) return x;
  return crop(x, [0, 0, from, 0], [batch, heads, to - from, channels]);
}
