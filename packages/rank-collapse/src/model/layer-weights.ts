/** The weights of one transformer layer as tensors: what every analysis of this package reads, wherever they come from. */
import type { MlpActivation, RotaryEntry } from '@saccade/nn';
import type { Tensor } from '@saccade/tensor';

/** y = x W^T + b. */
export interface LinearMap {
  /** [out, in], as PyTorch's Linear has it. */
  readonly weight: Tensor;
  /** [out]. */
  readonly bias?: Tensor | undefined;
}

/** (x - mean) / sqrt(variance + epsilon) gain + shift along the channels; `rms` subtracts no mean and divides by the root of the mean square. */
export interface NormWeights {
  readonly kind: 'layer' | 'rms';
  readonly epsilon: number;
  /** [channels]. Default: ones. */
  readonly gain?: Tensor | undefined;
  /** [channels]. Default: zeros. */
  readonly shift?: Tensor | undefined;
}

/** Self-attention. */
export interface AttentionWeights {
  /** [heads dims, channels]. */
  readonly query: LinearMap;
  /** [keyValueHeads dims, channels]. */
  readonly key: LinearMap;
  /** [keyValueHeads valueDims, channels]. */
  readonly value: LinearMap;
  /** [channels, heads valueDims]. */
  readonly output: LinearMap;
  readonly heads: number;
  /** Each shared by `heads / keyValueHeads` heads that follow one another. Default: as many as heads. */
  readonly keyValueHeads?: number | undefined;
  /** Factor of the dot products. Default 1 / sqrt(dims). */
  readonly scale?: number | undefined;
  /** A query sees no later token. Default false. */
  readonly causal?: boolean | undefined;
  /** With `causal`: a query sees this many tokens at most, itself and those before. Default: all. */
  readonly window?: number | undefined;
  /** Turns queries and keys by their positions. */
  readonly rotary?: RotaryEntry | undefined;
  /** Added to the scores by relative position, as T5 does. */
  readonly relative?: RelativeBias | undefined;
  /** Norms of each head's queries and keys [dims] before their product. */
  readonly queryKeyNorm?: { readonly query: NormWeights; readonly key: NormWeights } | undefined;
}

/** T5's buckets of relative positions. */
export interface RelativeBias {
  /** [buckets, heads]. */
  readonly table: Tensor;
  /** The distance from which on all share the last bucket of a direction. */
  readonly distance: number;
}

/** down(activation(up x)), or with a gate down(activation(gate x) up x). */
export interface MlpWeights {
  readonly up: LinearMap;
  readonly gate?: LinearMap | undefined;
  readonly down: LinearMap;
  readonly activation: MlpActivation | ((x: Tensor) => Tensor);
}

/** One layer. */
export interface LayerWeights {
  /** `post`: x = norm(x + part(x)). `pre`: x = x + part(norm(x)). Without norms they are the same. */
  readonly order: 'pre' | 'post';
  readonly attention: AttentionWeights;
  readonly mlp?: MlpWeights | undefined;
  readonly norms?: { readonly attention?: NormWeights | undefined; readonly mlp?: NormWeights | undefined } | undefined;
  /** Whether attention's input is added to its output. Default true. */
  readonly skip?: boolean | undefined;
  /** The same of the multi-layer perceptron. Default true. */
  readonly mlpSkip?: boolean | undefined;
}
