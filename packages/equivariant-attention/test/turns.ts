/** Random layers, and how far they are from equivariant. */
import type { AnyModule } from '@saccade/nn';
import { assign, mul, type Rng, scope, sub, type Tensor } from '@saccade/tensor';
import { actOnFeatures, actOnImages } from '../src/groups/act.js';
import type { Group } from '../src/groups/group.js';
import { largestOf } from './reference.js';

/** Weights normal with deviation 1.2 / sqrt(inputs), tables with deviation 1, and biases, and what norms add, with 0.3. */
export function randomise(module: AnyModule, rng: Rng): void {
  scope(() => {
    for (const [name, t] of module.parameters()) {
      const isNorm = /norm\.weight$/.test(name);
      const deviation = /group_encoding\.weight$/.test(name) ? 1 : t.rank === 2 ? 1.2 / Math.sqrt(t.shape[1]!) : 0.3;
      const drawn = rng.normal(t.shape, { deviation });
      assign(t, isNorm ? drawn.add(1) : drawn);
    }
  });
}

/** What an element does with an input or an output: images, features, or logits, which stay. */
function act(x: Tensor, group: Group, element: number): Tensor {
  if (x.rank === 2) return x;
  return x.rank === 4 ? actOnImages(x, group, element) : actOnFeatures(x, group, element);
}

/** max |f(T x) - T f(x)| / max |f(x)|, with how an element acts on what comes out. */
export function turnError(
  f: (x: Tensor) => Tensor,
  x: Tensor,
  group: Group,
  element: number,
  acts: (y: Tensor) => Tensor = (y) => act(y, group, element),
): number {
  return scope(() => {
    const y = f(x);
    const difference = sub(f(act(x, group, element)), acts(y));
    return largestOf(mul(difference, 1).dataSync()) / largestOf(y.dataSync());
  });
}
