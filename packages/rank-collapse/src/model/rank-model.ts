/** What analyses ask of a transformer: its layers one at a time, so that a model larger than memory can be looked at. */
import { OptionError, type Tensor } from '@saccade/tensor';
import type { LayerWeights, NormWeights } from './layer-weights.js';
import { requireFinite, requireLayers } from './require-layers.js';

/** Token ids of one text or several, or an image [height, width, colours] or several [batch, height, width, colours]; what `embed` takes. */
export type ModelInput = readonly number[] | readonly (readonly number[])[] | Tensor;

/** States before the first layer. */
export interface Embedded {
  /** [batch, tokens, channels]. */
  readonly states: Tensor;
  /** bool [batch, tokens]: false for padding, where texts have several lengths. */
  readonly keyMask?: Tensor | undefined;
}

/** A transformer. */
export interface RankModel {
  /** Channels between the layers. */
  readonly width: number;
  readonly depth: number;
  /** Calls `use` with the weights of layer `i`, from 0, and frees them if they were read for it. */
  withLayer<T>(i: number, use: (layer: LayerWeights) => T | Promise<T>): Promise<T>;
  /** From tokens to states, where the model knows how. */
  embed?(input: ModelInput): Promise<Embedded>;
  /** Behind the last layer. */
  readonly finalNorm?: NormWeights | undefined;
}

/**
 * A model of layers that are in memory. They stay the caller's.
 * @throws {OptionError} unless there is a layer and heads divide the channels; from `withLayer`, unless its weights are finite
 * @throws {ShapeError} if weights do not fit together
 */
export function modelOfLayers(
  layers: readonly LayerWeights[],
  { finalNorm, embed }: Pick<RankModel, 'finalNorm' | 'embed'> = {},
): RankModel {
  const width = requireLayers('modelOfLayers', layers);
  const checked = new Set<number>();
  return {
    width,
    depth: layers.length,
    withLayer: async (i, use) => {
      const layer = layers[i];
      if (layer === undefined) throw new OptionError(`withLayer: there is no layer ${i} of ${layers.length}`);
      if (!checked.has(i)) await requireFinite('modelOfLayers', i, layer);
      checked.add(i);
      return await use(layer);
    },
    ...(finalNorm && { finalNorm }),
    ...(embed && { embed }),
  };
}
