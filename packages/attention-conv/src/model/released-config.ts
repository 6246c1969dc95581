/** The release's configuration of a model in our words. */
import { checkOptions, type Rng } from '@saccade/tensor';
import type { LearnedScores } from '../layers/learned-relative-attention.js';
import { UnsupportedError } from '../unsupported-error.js';
import { AttentionImageModel, type Stem } from './attention-image-model.js';
import type { AttentionKind } from './attention-kinds.js';

/** What the release's YAML and JSON files say of a model; what they say of training is not read. Defaults are those of `AttentionImageModel`. */
export interface ReleasedConfig {
  readonly hidden_size?: number;
  readonly num_attention_heads?: number;
  readonly num_hidden_layers?: number;
  readonly intermediate_size?: number;
  readonly hidden_dropout_prob?: number;
  /** Only 0: it acts in training alone, on weights that are not held here. */
  readonly attention_probs_dropout_prob?: number;
  readonly layer_norm_eps?: number;
  readonly pooling_concatenate_size?: number;
  /** Quadratic attention; else learned positions with the next one, and attention to content without either. */
  readonly use_gaussian_attention?: boolean;
  readonly use_learned_2d_encoding?: boolean;
  readonly attention_isotropic_gaussian?: boolean;
  readonly gaussian_init_mu_std?: number;
  readonly gaussian_init_sigma_std?: number;
  /** Only false: the release's trick mixes up axes and heads. `blur` is what it was meant to be. */
  readonly attention_gaussian_blur_trick?: boolean;
  readonly use_attention_data?: boolean;
  readonly query_positional_score?: boolean;
  readonly max_position_embeddings?: number;
  /** -1 for as many as there are channels. */
  readonly position_encoding_size?: number;
}

/** What the release's files do not say. */
export interface ReleasedModelOptions {
  /** Default 10, as of CIFAR-10. */
  readonly classes?: number | undefined;
  /** Default 3. */
  readonly imageChannels?: number | undefined;
  /** In the place of patches, such as the release's residual network. */
  readonly stem?: Stem | undefined;
  /** Draws the start values. */
  readonly rng: Rng;
}

/**
 * The release's `BertImage` for images [batch, height, width, channels]. It takes state dicts of the release as they are.
 * @throws {UnsupportedError} for dropout of attention weights, and the blur trick @throws {OptionError} as `AttentionImageModel`
 */
export function releasedModel(config: ReleasedConfig, options: ReleasedModelOptions): AttentionImageModel {
  const op = 'releasedModel';
  const {
    classes = 10,
    imageChannels,
    stem,
    rng,
  } = checkOptions(op, options, ['classes', 'imageChannels', 'stem', 'rng']);
  requireSupported(op, config);
  return new AttentionImageModel({
    classes,
    imageChannels,
    stem,
    rng,
    channels: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    intermediate: config.intermediate_size,
    patch: config.pooling_concatenate_size,
    dropout: config.hidden_dropout_prob,
    epsilon: config.layer_norm_eps,
    attention: attentionOf(config),
  });
}

function requireSupported(op: string, config: ReleasedConfig): void {
  if ((config.attention_probs_dropout_prob ?? 0) !== 0) {
    throw new UnsupportedError(
      `${op}: attention_probs_dropout_prob must be 0, got ${config.attention_probs_dropout_prob}; evaluation does not depend on it`,
    );
  }
  if (config.attention_gaussian_blur_trick) {
    throw new UnsupportedError(
      `${op}: attention_gaussian_blur_trick must be false: it is not the layer that it stands for; use blur`,
    );
  }
}

function attentionOf(config: ReleasedConfig): AttentionKind {
  if (config.use_gaussian_attention) {
    return {
      kind: 'quadratic',
      covariance: (config.attention_isotropic_gaussian ?? true) ? 'isotropic' : 'full',
      centerDeviation: config.gaussian_init_mu_std,
      spreadDeviation: config.gaussian_init_sigma_std,
    };
  }
  if (!config.use_learned_2d_encoding) return { kind: 'content' };
  const scores = scoresOf(config);
  const { position_encoding_size: size = -1 } = config;
  // Where a query asks for positions, its halves say how large their embeddings are.
  const embedding = size === -1 || scores.startsWith('query') ? undefined : size;
  return { kind: 'learned', scores, embedding, maxPositions: config.max_position_embeddings };
}

function scoresOf({ query_positional_score: asks, use_attention_data: content }: ReleasedConfig): LearnedScores {
  if (asks) return content ? 'query-position-and-content' : 'query-position';
  return content ? 'content' : 'position';
}
