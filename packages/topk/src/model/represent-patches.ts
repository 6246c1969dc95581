/** Features of the patches that were chosen. */
import { concat, mean, requireShape, reshape, scope, type Tensor } from '@saccade/tensor';
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
  const pattern = ['batch', 'k', patchSize, patchSize, channels] as const;
  const [batch, k] = requireShape('PatchSelector', 'patches', patches, pattern);
  return scope(() => {
    const seen = appendPosition ? concat([patches, patchPositions(indicators, grid)], 4) : patches;
    const features = network.forward(reshape(seen, [batch * k, ...seen.shape.slice(2)]));
    const middle = features.shape.slice(1, -1).map((_, i) => i + 1);
    const vectors = middle.length > 0 ? mean(features, { axis: middle }) : features;
    return reshape(vectors, [batch, k, network.outSize]);
  });
}
