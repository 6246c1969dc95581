/** How the tensors of a checkpoint make up a transformer: plain data, which `transformerMap` finds or a person writes. */

/** A linear map y = x W^T + b among the tensors of a checkpoint. */
export interface WeightEntry {
  readonly name: string;
  /** Whether the tensor is [out, in], as PyTorch's Linear has it, or [in, out], as GPT-2 has it. */
  readonly layout: 'out-in' | 'in-out';
  /** Which one of how many, where maps of equal size lie in one tensor, one after the other along the output axis. */
  readonly part?: { readonly index: number; readonly count: number } | undefined;
  /** Name of the bias [out], which has the same parts. Default: there is none. */
  readonly bias?: string | undefined;
}

/** A norm: scale (and, for layer norm, shift) along the channels. */
export interface NormEntry {
  readonly weight: string;
  readonly bias?: string | undefined;
  readonly kind: 'layer' | 'rms';
  readonly epsilon: number;
}

/** Rotary positions: pair j of the first `width` channels of each head turns by position · theta^(-2j / width). Su et al. 2021. */
export interface RotaryEntry {
  readonly width: number;
  readonly theta: number;
  /** Which channels make pair j: j and j + width / 2, or 2j and 2j + 1. */
  readonly pairs: 'halves' | 'neighbours';
  /** How the frequencies are changed for long texts. Default: they are not. */
  readonly scaling?: RotaryScaling | undefined;
}

/** `linear`: all frequencies divided by `factor`. `llama3`: only the low ones, with a ramp between. `other`: in a way that is only named here. */
export type RotaryScaling =
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalPositions: number;
    }
  | { readonly kind: 'other'; readonly name: string };

/** What beside queries and keys decides the scores. With all but `none`, `relative-bias` and `alibi` the product of query and key weights does not say all. */
export type PositionKind = 'none' | 'rotary' | 'relative-key' | 'relative-key-query' | 'relative-bias' | 'alibi';

/** Self-attention: softmax(scale q k^T + …) v in each head, then the output map. */
export interface AttentionEntry {
  /** Name of the module that holds query, key and value; two layers that share their weights have the same. */
  readonly path: string;
  /** [heads headWidth, width]. */
  readonly query: WeightEntry;
  /** [keyValueHeads headWidth, width]. */
  readonly key: WeightEntry;
  /** [keyValueHeads headWidth, width]. */
  readonly value: WeightEntry;
  /** [width, heads headWidth]. */
  readonly output: WeightEntry;
  readonly heads: number;
  /** Heads of keys and values, each shared by `heads / keyValueHeads` query heads that follow one another. */
  readonly keyValueHeads: number;
  readonly headWidth: number;
  /** Factor of the dot products: 1 / sqrt(headWidth), or 1 in T5. */
  readonly scale: number;
  readonly causal: boolean;
  /** A query sees this many tokens at most, itself and those before. Default: all. */
  readonly window?: number | undefined;
  readonly positions: PositionKind;
  /** With positions `rotary`. */
  readonly rotary?: RotaryEntry | undefined;
  /** Table of relative positions: [distances, headWidth] for `relative-key` kinds, [buckets, heads] for `relative-bias`. */
  readonly relativeTable?: string | undefined;
  /** With `relative-bias`, whose buckets are T5's: the distance from which on all share the last bucket of a direction. */
  readonly relativeDistance?: number | undefined;
  /** Norms of each head's queries and keys [headWidth] before their product. */
  readonly queryKeyNorm?: { readonly query: NormEntry; readonly key: NormEntry } | undefined;
}

/** `gelu` is x Phi(x); `gelu-tanh` its usual approximation; `quick-gelu` x sigmoid(1.702 x). */
export type MlpActivation = 'gelu' | 'gelu-tanh' | 'quick-gelu' | 'relu' | 'silu' | 'tanh';

/** down(activation(up x)), or with a gate down(activation(gate x) · up x). */
export interface MlpEntry {
  readonly up: WeightEntry;
  readonly gate?: WeightEntry | undefined;
  readonly down: WeightEntry;
  readonly activation: MlpActivation;
}

/** One layer: attention, then the multi-layer perceptron, each with a norm and a skip. */
export interface LayerEntry {
  /** `post`: x = norm(x + part(x)). `pre`: x = x + part(norm(x)). */
  readonly order: 'pre' | 'post';
  readonly attention: AttentionEntry;
  readonly mlp: MlpEntry;
  readonly norms: { readonly attention: NormEntry; readonly mlp: NormEntry };
}

/** What comes before the first layer: of tokens or of patches of an image, plus positions and types, then the norm, then the projection. */
export interface EmbeddingEntry {
  /** Table [vocabulary, channels]. */
  readonly token?: string | undefined;
  /** Filters [channels, colours, height, width], as far apart as they are large. */
  readonly patch?: WeightEntry | undefined;
  /** Vectors in front of the patches, [channels], [1, 1, channels] or [1, vectors, channels] each. */
  readonly first?: readonly string[] | undefined;
  /** Table [positions, channels] or [1, positions, channels]. */
  readonly position?: string | undefined;
  /** Row of the first position. Default 0; 2 in RoBERTa. */
  readonly positionOffset?: number | undefined;
  /** Table [types, channels]. */
  readonly type?: string | undefined;
  readonly norm?: NormEntry | undefined;
  /** From the channels of the embedding to those of the layers. */
  readonly projection?: WeightEntry | undefined;
}

/** A whole stack of layers. */
export interface TransformerMap {
  readonly family: string;
  /** What all names of the model begin with, such as `bert.`. */
  readonly prefix: string;
  /** Channels between the layers. */
  readonly width: number;
  /** In the order of computation; layers that share their weights (ALBERT) are one object. */
  readonly layers: readonly LayerEntry[];
  readonly embeddings?: EmbeddingEntry | undefined;
  /** Behind the last layer. */
  readonly finalNorm?: NormEntry | undefined;
}

/** The attention of a stack alone, for checkpoints that have other parts than `transformerMap` knows. */
export interface AttentionMap extends Pick<TransformerMap, 'family' | 'prefix' | 'width'> {
  /** In the order of computation; layers that share their weights (ALBERT) are one object. */
  readonly layers: readonly AttentionEntry[];
}
