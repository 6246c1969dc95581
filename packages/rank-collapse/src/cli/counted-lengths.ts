/** How many paths of each length a variant of a model has. */
import type { OpenTransformer } from '../model/open-transformer.js';
import type { Parts } from '../model/variant.js';
import { pathCounts } from '../paths/path-counts.js';

/** The paths of one length. */
export interface CountedLength {
  readonly count: bigint;
  /** Among all paths. */
  readonly proportion: number;
}

/** By length, from 0. Without skips all paths go through a head of every layer. */
export function countedLengths({ map, depth }: OpenTransformer, { attentionSkip }: Parts): readonly CountedLength[] {
  const heads = map.layers[0]?.attention.heads ?? 1;
  const counts = pathCounts(depth, heads);
  if (attentionSkip !== false) return counts;
  return counts.map(({ length, count }) =>
    length === depth ? { count, proportion: 1 } : { count: 0n, proportion: 0 },
  );
}
