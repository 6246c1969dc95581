/** The same sum cut otherwise: by the head that paths go through, by the first layer whose heads they use, and by the last. */
import { add, concat, reshape, scope, type Tensor, zeros } from '@saccade/tensor';
import { alongAllPaths, attendFrozen, type FrozenLayer, finish, headTerms, pastHeads } from './frozen-layer.js';

/** Sums of paths by a place on their way: [places, tokens, channels]. */
export type ByPlace = Tensor | undefined;

function appended(before: ByPlace, more: Tensor): Tensor {
  return before === undefined ? more : concat([before, more], 0);
}

const asStack = (states: Tensor): Tensor => reshape(states, [1, ...states.shape]);

/** Through head h of layer l, whatever else: [layers heads, tokens, channels]. Paths through several heads count at each. */
export function byHead(before: ByPlace, layer: FrozenLayer): Tensor {
  return scope(() => appended(before && alongAllPaths(layer, before), headTerms(layer)));
}

/** What injections of one length come to at a layer's output; zeros where there are none. */
function injected({ injections, read }: FrozenLayer, length: number): Tensor {
  return injections
    .filter((one) => one.length === length)
    .reduce<Tensor>(
      (sum, { states }) => add(sum, states),
      zeros(read.shape, { dtype: read.dtype, device: read.device }),
    );
}

/** Tokens past all heads, and what was added on the way: [tokens, channels]. */
export function pastAll(states: Tensor, layer: FrozenLayer): Tensor {
  return scope(() => add(pastHeads(layer, states), injected(layer, 0)));
}

/** Past the heads of all layers before l, through one of layer l, and on along all paths: [layers, tokens, channels]. @param past `pastAll` so far */
export function byFirst(before: ByPlace, past: Tensor, layer: FrozenLayer): Tensor {
  return scope(() => {
    const through = add(finish(layer, attendFrozen(layer, asStack(past))), injected(layer, 1));
    return appended(before && alongAllPaths(layer, before), through);
  });
}

/** Through a head of layer l, and past those of all layers behind it: [layers, tokens, channels]. */
export function byLast(before: ByPlace, layer: FrozenLayer): Tensor {
  return scope(() => {
    const plain = { ...layer, attentionNorm: undefined };
    const through = finish(layer, attendFrozen(plain, asStack(layer.read)));
    return appended(before && pastHeads(layer, before), through);
  });
}
