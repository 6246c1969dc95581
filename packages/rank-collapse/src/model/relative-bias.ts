/** T5's relative positions: scores get a bias by the distance between query and key, near distances one each, far ones in growing buckets (Raffel et al. 2020). */
import { gather, reshape, scope, type Tensor, tensor, transpose } from '@saccade/tensor';
import type { RelativeBias } from './layer-weights.js';

/** The bias of scores: [heads, query, key]. */
export function relativeBias({ table, distance }: RelativeBias, tokens: number): Tensor {
  const [buckets, heads] = table.shape as [number, number];
  return scope(() => {
    const rows = Array.from({ length: tokens * tokens }, (_, i) =>
      bucketOf((i % tokens) - Math.floor(i / tokens), buckets, distance),
    );
    const biases = gather(table, tensor(rows, { dtype: 'int32', device: table.device }));
    return transpose(reshape(biases, [tokens, tokens, heads]), [2, 0, 1]);
  });
}

/** Half of the buckets are for keys behind the query. Of each half the first half is one distance each; the rest grows up to `distance`. */
function bucketOf(offset: number, buckets: number, distance: number): number {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const far = Math.abs(offset);
  const base = offset > 0 ? half : 0;
  if (far < exact) return base + far;
  const share = Math.log(far / exact) / Math.log(distance / exact);
  return base + Math.min(half - 1, exact + Math.floor(share * (half - exact)));
}
