/** What a layer takes in its shared form. */
import { storedBytes } from '@saccade/tensor';
import type { SharableLayer } from './attention-layers.js';
import type { CheckpointForm } from './shared-block.js';
import { hasContentBias } from './shared-entry.js';
import type { FloatType } from './shared-tensors.js';

/** How results are stored. */
export interface SharedStorage {
  /** `input`: in the type of the query weight. */
  readonly dtype: 'input' | 'F32';
  readonly form: CheckpointForm;
}

/** The element type of a layer's results. */
export function storedType({ dtype }: SharableLayer, storage: Pick<SharedStorage, 'dtype'>): FloatType {
  return storage.dtype === 'F32' ? 'F32' : dtype;
}

/** Values of queries, keys, mixing and content bias at a rank. */
export function sharedValues(layer: SharableLayer, rank: number, { form }: SharedStorage): number {
  const { width, keyWidth, heads } = layer;
  const bias = hasContentBias(layer, form) ? heads * keyWidth : 0;
  return rank * (width + keyWidth + heads) + bias;
}

/** Their bytes. */
export function sharedBytes(layer: SharableLayer, rank: number, storage: SharedStorage): number {
  return sharedValues(layer, rank, storage) * storedBytes(storedType(layer, storage));
}
