/** What the converter asks of a family of models: which attention layers a checkpoint has, and where their weights lie. */
import type { CheckpointNames, ModelConfig, WeightEntry } from '@saccade/nn';

/** A checkpoint as adapters see it: names, types and shapes, no values. */
export interface CheckpointView extends CheckpointNames {
  /** How errors name the operation. */
  readonly op: string;
  /** The parsed config.json, which anybody may have written; empty where there is none. */
  readonly config: ModelConfig;
  /** Heads that the caller named, which go before those of the configuration. */
  readonly heads?: number | undefined;
  /** The family that the caller named, whatever model the configuration is of. */
  readonly family?: string | undefined;
}

/** Names of what takes the place of queries and keys. */
export interface SharedNames {
  /** [R, query width]. */
  readonly query: string;
  /** [R, key width]. */
  readonly key: string;
  /** [heads, R]. */
  readonly mixing: string;
  /** [heads, key width]; only where the queries had a bias. */
  readonly contentBias: string;
  /** Of values that lay in one tensor with queries and keys, [out, in], and of their bias. */
  readonly value: string;
  readonly valueBias: string;
}

/** How the released class for a layer names and divides, where it differs from what is said here. */
export interface ReleasedForm {
  readonly names?: Partial<SharedNames> | undefined;
  /** New names of tensors that are otherwise left alone, by their old ones. */
  readonly renames?: Readonly<Record<string, string>> | undefined;
  /** What its scores are divided by: sqrt(R / heads) (default), or what the original divides by. */
  readonly divisor?: 'shared' | 'original' | undefined;
}

/** One attention layer of a checkpoint. Scores are scale (W_Qh x + b_Qh)^T (W_Kh y + b_Kh), plus what does not depend on these weights. */
export interface CheckpointLayer {
  /** The module that holds it; names of results follow it. */
  readonly path: string;
  /** [heads dims, width], its bias included. */
  readonly query: WeightEntry;
  /** [key heads dims, width]. */
  readonly key: WeightEntry;
  /** Where it lies in one tensor with queries or keys it must be told; elsewhere `verifyCheckpoint` alone needs it. */
  readonly value?: WeightEntry | undefined;
  readonly heads: number;
  /** Heads of keys and values, each for several query heads that follow one another. Default: as many as heads. */
  readonly keyHeads?: number | undefined;
  /** Factor of the scores: 1 / sqrt(dims) in most families. */
  readonly scale: number;
  /** What a query looks at: all tokens (default), itself and those before, or other states. */
  readonly attends?: 'all' | 'causal' | 'cross' | undefined;
  /** Default: `query.weight`, `key.weight`, `mixing`, `content_bias.weight`, `value.weight` and `value.bias` under the path. */
  readonly names?: Partial<SharedNames> | undefined;
  readonly released?: ReleasedForm | undefined;
  /** Why the layer has no shared form. Default: it has. */
  readonly unsupported?: string | undefined;
}

/** A family of models. */
export interface CheckpointAdapter {
  /** What reports call it, and the option `family` chooses it by. */
  readonly family: string;
  /** Whether layers of the family are in the checkpoint. */
  matches(checkpoint: CheckpointView): boolean;
  /** The layers of its own, each with weights of its own once. Asked for where it matches. */
  layers(checkpoint: CheckpointView): readonly CheckpointLayer[];
}

/** The names of a layer's results. */
export function sharedNames({ path, names, released }: CheckpointLayer, form: 'plain' | 'released'): SharedNames {
  const under = (name: string): string => (path === '' ? name : `${path}.${name}`);
  return {
    query: under('query.weight'),
    key: under('key.weight'),
    mixing: under('mixing'),
    contentBias: under('content_bias.weight'),
    value: under('value.weight'),
    valueBias: under('value.bias'),
    ...names,
    ...(form === 'released' && released?.names),
  };
}
