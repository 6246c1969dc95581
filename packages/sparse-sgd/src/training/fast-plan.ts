/** Which runs the kernel can do, and how. */
import type { Choice } from '../kernels/table.js';
import type { SGDPlan } from './sgd-options.js';

/** What a step sends, for the kernel. */
export interface FastPlan {
  readonly choice: Choice;
  /** Entries that a step sends, where it does not send all. */
  readonly k: number;
  /** The chance that a step sends its entry: below 1 for ultra-sparsification. */
  readonly chance: number;
}

/** How the kernel does a plan; undefined for those that it cannot do. */
export function fastPlan({ compress, compressor, precision, rows }: SGDPlan): FastPlan | undefined {
  const [, kind, amount = ''] = /^(none|top-k|rand-k|ultra)(?::([\d.]+%?))?$/.exec(compress ?? '') ?? [];
  if (precision !== 'float32' || kind === undefined) return undefined;
  if (kind === 'none') return { choice: 'all', k: 1, chance: 1 };
  if (kind === 'ultra') return { choice: 'given', k: 1, chance: Number(amount) };
  const k = Math.round((compressor.contraction(rows.size) as number) * rows.size);
  return { choice: kind === 'top-k' ? 'largest' : 'given', k, chance: 1 };
}
