/** Features of the patches that were chosen. */
import { concat, mean, reshape, ShapeError, scope, show, type Tensor } from '@saccade/tensor';
import type { PatchGrid } from '../patches/patch-grid.js';
import type { FeatureNetwork } from './feature-kinds.js';
import { patchPositions } from './patch-positions.js';
import type { PatchSelectorConfig } from './patch-selector-options.js';

/**
 * All patches at once through the network, with their positions if it wants them; of what has further axes between batch and features the
 * mean: [batch, k, patchSize, patchSize, channels], indicators [batch, k, n] -> [batch, k, features]. @throws {ShapeError}
 */
export function representPatches(
  patches: Tensor,
  indicators: Tensor,
  network: FeatureNetwork,
  { patchSize, channels, appendPosition }: PatchSelectorConfig,
  grid: PatchGrid,
): Tensor {
  const [batch, k, height, width, depth] = patches.shape as readonly [number, number, number, number, number];
  if (patches.rank !== 5 || height !== patchSize || width !== patchSize || depth !== channels) {
    const expected = `[batch, k, ${patchSize}, ${patchSize}, ${channels}]`;
    throw new ShapeError(`PatchSelector: patches must be ${expected}, got ${show(patches.shape)}`);
  }
  return scope(() => {
    const seen = appendPosition ? concat([patches, patchPositions(indicators, grid)], 4) : patches;
    const features = network.forward(reshape(seen, [batch * k, patchSize, patchSize, seen.shape[4] as number]));
    const middle = features.shape.slice(1, -1).map((_, i) => i + 1);
    const vectors = middle.length > 0 ? mean(features, { axis: middle }) : features;
    return reshape(vectors, [batch, k, network.outSize]);
  });
}
