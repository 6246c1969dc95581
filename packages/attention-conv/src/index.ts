/** The public face of `@saccade/attention-conv`. */
export { Certificate, type Measurement, type RoundingOptions } from './certificate/certificate.js';
export { certify } from './certificate/certify.js';
export { missedShare, missedShareWithSink, theta } from './certificate/theta.js';
export { type ConvToAttentionOptions, convToAttention } from './convert/conv-to-attention.js';
export type { Convolution } from './convolution/convolution.js';
export type { Border, PaddingMode, Widths } from './layers/border.js';
export { ContentAttention, type ContentAttentionOptions } from './layers/content-attention.js';
export {
  GatedPositionalAttention,
  type GatedPositionalAttentionConfig,
  type GatedPositionalAttentionOptions,
} from './layers/gated-positional-attention.js';
export {
  type AffineMap,
  LearnedRelativeAttention,
  type LearnedRelativeAttentionConfig,
  type LearnedRelativeAttentionOptions,
  type LearnedScores,
} from './layers/learned-relative-attention.js';
export {
  type Evaluation,
  type ForwardOptions,
  PositionAttention,
  type PositionAttentionConfig,
  type PositionAttentionOptions,
} from './layers/position-attention.js';
export {
  type Covariance,
  QuadraticAttention,
  type QuadraticAttentionConfig,
  type QuadraticAttentionOptions,
} from './layers/quadratic-attention.js';
export type { Window } from './layers/window.js';
export { AttentionBlock, type AttentionBlockOptions, type AttentionLayer } from './model/attention-block.js';
export {
  AttentionImageModel,
  type AttentionImageModelConfig,
  type AttentionImageModelOptions,
  type Stem,
} from './model/attention-image-model.js';
export type { AttentionKind } from './model/attention-kinds.js';
export { type ReleasedConfig, type ReleasedModelOptions, releasedModel } from './model/released-config.js';
export { spaceToDepth } from './model/space-to-depth.js';
export { effectiveKernel } from './read/effective-kernel.js';
export { type HeadFacts, type HeadReport, type HeadStatus, headReport } from './read/head-report.js';
export type { PositionHeads } from './read/marginals.js';
export { type EffectiveConvolution, type InverseCertificate, toConv } from './read/to-conv.js';
export { UnsupportedError } from './unsupported-error.js';
