/** One pass over a model that holds each layer fast while something is carried through it: models larger than memory go through too. */
import { breather } from '@saccade/nn';
import { OptionError, reshape, scope, show, type Tensor, tensorsOf } from '@saccade/tensor';
import { statesOf } from '../curve/states.js';
import { applyNorm, type FrozenNorm, normScales } from '../model/norm.js';
import type { ModelInput, RankModel } from '../model/rank-model.js';
import { partsOf, type Variant, withParts } from '../model/variant.js';
import { freezeLayer } from './freeze-layer.js';
import type { FrozenLayer } from './frozen-layer.js';

/** What every pass takes. */
export interface PassOptions {
  /** Parts that run. Default: all. */
  readonly variant?: Variant | undefined;
  /** The norm behind the last layer, where the model has one. Default true. */
  readonly finalNorm?: boolean | undefined;
  /** Called before each layer. */
  readonly onProgress?: ((done: { readonly layer: number; readonly layers: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @internal */
export const passNames = ['variant', 'finalNorm', 'onProgress', 'signal'] as const;

/** The end of a pass. */
export interface Passed<S> {
  readonly carried: S;
  /** The model's output: [tokens, channels]. */
  readonly output: Tensor;
  /** As it was, where the model has one. */
  readonly finalNorm?: FrozenNorm | undefined;
}

/**
 * @param start from the states before the first layer [tokens, channels] to what is carried
 * @param step what is carried, a tree of tensors, behind each layer; what was carried before is freed unless it is in there
 */
export async function reduceLayers<S>(
  op: string,
  model: RankModel,
  tokens: ModelInput,
  { variant = 'transformer', finalNorm = true, onProgress, signal }: PassOptions,
  start: (states: Tensor) => S,
  step: (carried: S, layer: FrozenLayer) => S,
): Promise<Passed<S>> {
  const parts = partsOf(op, variant);
  const breathe = breather();
  return await scope(async () => {
    const { states: batch } = await statesOf(op, model, tokens, {});
    if (batch.shape[0] !== 1) throw new OptionError(`${op}: expected one text, got states ${show(batch.shape)}`);
    const states = reshape(batch, batch.shape.slice(1));
    let [x, carried] = [states, scope(() => start(states))];
    for (let i = 0; i < model.depth; i++) {
      await breathe();
      signal?.throwIfAborted();
      onProgress?.({ layer: i, layers: model.depth });
      const next = await model.withLayer(i, (weights) =>
        scope(() => {
          const { layer, output } = freezeLayer(x, withParts(weights, parts), i);
          return { x: output, carried: step(carried, layer) };
        }),
      );
      freeUnless(carried, next);
      freeUnless(x, next);
      ({ x, carried } = next);
    }
    const norm = finalNorm && parts.norms !== false ? model.finalNorm : undefined;
    if (norm === undefined) return { carried, output: x };
    return { carried, output: applyNorm(x, norm), finalNorm: { norm, scales: normScales(x, norm) } };
  });
}

/** Frees the tensors of one tree that are not in another. */
function freeUnless(old: unknown, kept: unknown): void {
  const still = new Set(tensorsOf(kept));
  for (const t of tensorsOf(old)) if (!still.has(t)) t.dispose();
}
