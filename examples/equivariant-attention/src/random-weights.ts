/** Modules as they might be after training: far from where they begin, with biases. */

import type { AnyModule } from '@saccade/nn';
import { assign, type Rng, scope } from '@saccade/tensor';

/**
 * Draws all weights of maps from N(0, 1.2 / sqrt(fan in)), tables of group elements from N(0, 1) and biases from N(0, 0.3); norms stay as they are. A layer's
 * own start has no biases, and then its encodings depend on the signs of coordinates alone.
 */
export function randomizeWeights(module: AnyModule, rng: Rng): void {
  scope(() => {
    for (const [name, parameter] of module.parameters()) {
      const { shape, dtype } = parameter;
      if (name.includes('norm.')) continue;
      const isTable = name.includes('group_encoding');
      const deviation = isTable ? 1 : name.endsWith('bias') ? 0.3 : 1.2 / Math.sqrt(shape[1] ?? 1);
      assign(parameter, rng.normal(shape, { dtype }).mul(deviation));
    }
  });
}
