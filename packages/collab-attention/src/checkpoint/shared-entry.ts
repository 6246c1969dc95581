/** What a converted checkpoint will say of a layer, which its rank and error alone decide. */
import type { SharableLayer } from './attention-layers.js';
import { sharedNames } from './checkpoint-adapter.js';
import { movedValue } from './converted-files.js';
import type { CheckpointForm, SharedLayer } from './shared-block.js';

/** Whether there is a content bias: the released class always has one. */
export function hasContentBias({ query }: SharableLayer, form: CheckpointForm): boolean {
  return query.bias !== undefined || form === 'released';
}

/** The factor of scores: the original's; that of the released class, which divides by the root of what each head would have of the shared dimension; or the fork's for DeiT, as before. */
export function storedScale({ heads, scale, released }: SharableLayer, rank: number, form: CheckpointForm): number {
  return form === 'released' && released?.divisor !== 'original' ? 1 / Math.sqrt(rank / heads) : scale;
}

/** The entry of the block. */
export function sharedEntry(layer: SharableLayer, rank: number, error: number, form: CheckpointForm): SharedLayer {
  const { path, heads, keyHeads } = layer;
  const { query, key, mixing, contentBias } = sharedNames(layer, form);
  const bias = hasContentBias(layer, form) ? { contentBias } : {};
  return {
    ...{ path, heads, keyHeads, sharedDim: rank, scale: storedScale(layer, rank, form), error },
    names: { query, key, mixing, ...bias, ...movedValue(layer, form) },
  };
}
