/** Which runs the kernel can do, and how. */
import type { Choice } from '../kernels/table.js';
import type { SGDPlan } from './sgd-plan.js';

/** What a step sends, for the kernel. */
export interface FastPlan {
  readonly choice: Choice;
  /** Entries that a step sends, where it does not send all. */
  readonly k: number;
  /** The chance that a step sends its entry, for ultra-sparsification. */
  readonly chance: number | undefined;
}

/** How the kernel does a plan; undefined for those that it cannot do. Only compressors that were given by name are known well enough. */
export function fastPlan({ named, compressor, precision, rows }: SGDPlan): FastPlan | undefined {
  const [, kind] = /^(none|top-k|rand-k|ultra)(?::[^/@]+)?$/.exec(named ? compressor.name : '') ?? [];
  if (precision !== 'float32' || kind === undefined) return undefined;
  if (kind === 'none') return { choice: 'all', k: 1, chance: undefined };
  const share = compressor.contraction(rows.size) as number;
  if (kind === 'ultra') return { choice: 'given', k: 1, chance: compressor.contraction(1) };
  return { choice: kind === 'top-k' ? 'largest' : 'given', k: Math.round(share * rows.size), chance: undefined };
}
