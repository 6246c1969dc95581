/** The length recursion for all that comes into the network: tokens at its start, biases, perceptrons and norms' shifts where they stand. */
import { scope, type Tensor } from '@saccade/tensor';
import type { FrozenLayer, SourceKind } from './frozen-layer.js';
import { addLengths, type ByLength, longerPaths, ofLength } from './length-recursion.js';

/** What paths begin with. */
export interface Source {
  readonly source: SourceKind;
  /** Where it comes in, if layers are kept apart; -1 for the norm behind the last. */
  readonly layer?: number;
}

/** The lengths of each source so far. */
export interface SourceLengths extends Source {
  readonly byLength: ByLength;
}

/** Of the tokens alone. @param states [tokens, channels] */
export function tokensAlone(states: Tensor): SourceLengths[] {
  return [{ source: 'tokens', byLength: ofLength(states, 0) }];
}

/** One more layer. @param apart whether sources of different layers are kept apart @param heads that paths may take: [heads] of 0 and 1 */
export function throughLayer(
  sources: readonly SourceLengths[],
  layer: FrozenLayer,
  apart: boolean,
  heads: Tensor | undefined,
): SourceLengths[] {
  return scope(() => {
    const longer = sources.map((one) => ({ ...one, byLength: longerPaths(layer, one.byLength, heads) }));
    for (const { source, states, length } of layer.injections) {
      inject(longer, { source, ...(apart && { layer: layer.index }) }, states, length);
    }
    return longer;
  });
}

/** Adds to the lengths of a source, or begins them. */
export function inject(sources: SourceLengths[], { source, layer }: Source, states: Tensor, length: number): void {
  const at = sources.findIndex((one) => one.source === source && one.layer === layer);
  const own = ofLength(states, length);
  const before = sources[at];
  if (before === undefined) sources.push({ source, ...(layer !== undefined && { layer }), byLength: own });
  else sources[at] = { ...before, byLength: addLengths(before.byLength, own) };
}
