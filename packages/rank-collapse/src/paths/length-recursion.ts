/**
 * The contribution of all paths of each length, exactly and without enumerating them: a polynomial form of the paper's Theorem 2.1, in which
 * a path's power is the number of heads that it goes through.
 */
import { add, pad, reshape, scope, type Tensor } from '@saccade/tensor';
import { attendFrozen, type FrozenLayer, finish } from './frozen-layer.js';

/** Of one source, by length: [lengths, tokens, channels]. */
export type ByLength = Tensor;

/** With zeros for lengths before and behind. */
function padLengths(byLength: ByLength, before: number, behind: number): ByLength {
  return pad(byLength, [
    [before, behind],
    [0, 0],
    [0, 0],
  ]);
}

/** Y_k^l = s Y_k^(l-1) + sum_h P_h^l Y_(k-1)^(l-1) W_h^l, behind norms that stand behind sums. @param heads that paths may take: [heads] of 0 and 1 */
export function longerPaths(layer: FrozenLayer, byLength: ByLength, heads?: Tensor): ByLength {
  return scope(() => {
    const attended = padLengths(attendFrozen(layer, byLength, heads), 1, 0);
    return finish(layer, layer.skip ? add(attended, padLengths(byLength, 0, 1)) : attended);
  });
}

/** The sum of two, of which one may have more lengths. */
export function addLengths(a: ByLength, b: ByLength): ByLength {
  return scope(() => {
    const [m, n] = [a.shape[0] as number, b.shape[0] as number];
    const most = Math.max(m, n);
    return add(m < most ? padLengths(a, 0, most - m) : a, n < most ? padLengths(b, 0, most - n) : b);
  });
}

/** States [tokens, channels] that have gone through `length` heads. */
export function ofLength(states: Tensor, length: number): ByLength {
  return scope(() => padLengths(reshape(states, [1, ...states.shape]), length, 0));
}
