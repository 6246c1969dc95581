/** The aggregations that a selector can make of data. */
import type { Rng } from '@saccade/tensor';
import type { Aggregation } from './aggregation/aggregation.js';
import { CrossAttentionAggregation, type CrossAttentionAggregationOptions } from './aggregation/cross-attention.js';
import { MlpAggregation, type MlpAggregationOptions } from './aggregation/mlp.js';
import { MaxAggregation, MeanAggregation, SumLayerNormAggregation } from './aggregation/pooling.js';
import { TransformerAggregation, type TransformerAggregationOptions } from './aggregation/transformer.js';
import { chainSize, type PartKinds } from './part-kinds.js';

/** Whether patches know where they are, learned from their indicators. */
interface Placed {
  /** Default true for the transformer, as in the paper, else false. */
  readonly positions?: boolean | undefined;
}

type Own<Options> = Omit<Options, 'rng' | 'positions' | 'patches'> & Placed;

/** An aggregation as data; what the options do not say follows from the selector's. */
export type AggregationOptions =
  | { readonly kind: 'mean' | 'max' | 'sum-layernorm' }
  | ({ readonly kind: 'transformer' } & Own<TransformerAggregationOptions>)
  | ({ readonly kind: 'cross-attention' } & Own<CrossAttentionAggregationOptions>)
  | ({ readonly kind: 'mlp' } & Own<MlpAggregationOptions>);

/** What the selector knows. */
export interface AggregationContext {
  readonly rng: Rng;
  /** Of one patch. */
  readonly features: number;
  /** k. */
  readonly patches: number;
  /** n. */
  readonly places: number;
}

/** The options of a module that learns places, if it does. */
function placed<Options extends Placed>(options: Options, { rng, places }: AggregationContext, preset: boolean) {
  const { positions = preset, ...rest } = options;
  return { ...rest, rng, positions: positions ? places : undefined };
}

/** What learning places takes. */
function placesSize({ positions }: Placed, { features, places }: AggregationContext, preset: boolean): number {
  return (positions ?? preset) ? chainSize(places, features) : 0;
}

/** By name. */
export const aggregationKinds: PartKinds<AggregationContext, Aggregation> = {
  mean: { least: () => 0, make: (_, { features }) => new MeanAggregation(features) },
  max: { least: () => 0, make: (_, { features }) => new MaxAggregation(features) },
  'sum-layernorm': { least: () => 0, make: (_, { features }) => new SumLayerNormAggregation(features) },
  transformer: {
    least(options: Own<TransformerAggregationOptions>, context) {
      const { channels = context.features, hidden = channels, layers = 1 } = options;
      const depth = Number.isSafeInteger(layers) && layers >= 0 ? layers : Number.NaN;
      const layer = chainSize(channels, channels, hidden);
      return chainSize(context.features, channels) + depth * layer + placesSize(options, context, true);
    },
    make: (options, context) => new TransformerAggregation(context.features, placed(options, context, true)),
  },
  'cross-attention': {
    least(options: Own<CrossAttentionAggregationOptions>, context) {
      const { channels = context.features, hidden = channels } = options;
      return chainSize(context.features, channels, channels, hidden) + placesSize(options, context, false);
    },
    make: (options, context) => new CrossAttentionAggregation(context.features, placed(options, context, false)),
  },
  mlp: {
    least(options: Own<MlpAggregationOptions>, context) {
      const { hidden = [context.features], outSize = context.features } = options;
      const { features, patches } = context;
      return chainSize(patches * features, ...hidden, outSize) + placesSize(options, context, false);
    },
    make: (options, context) =>
      new MlpAggregation(context.features, { ...placed(options, context, false), patches: context.patches }),
  },
};
