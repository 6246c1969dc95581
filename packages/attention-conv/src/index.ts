/** The public face of `@saccade/attention-conv`. */
export { Certificate, type Measurement, type RoundingOptions } from './certificate/certificate.js';
export { certify } from './certificate/certify.js';
export { missedShare, missedShareWithSink, theta } from './certificate/theta.js';
export { type ConvToAttentionOptions, convToAttention } from './convert/conv-to-attention.js';
export { type EncodingForm, encodingForm } from './convert/encoding-form.js';
export type { Convolution } from './convolution/convolution.js';
export {
  type AttentionModule,
  type LoadAttentionOptions,
  loadAttention,
  saveAttention,
} from './files/attention-file.js';
export { type LoadReleasedModelOptions, loadReleasedModel } from './files/released-model.js';
export { type PrunableLayer, type PruneOptions, pruneHeads } from './heads/prune-heads.js';
export { type ResetOptions, resetHeads } from './heads/reset-heads.js';
export { spreadRegularizer } from './heads/spread-regularizer.js';
export { type Blur, type BlurOptions, blur } from './layers/blur.js';
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
export type { AttentionKind, LayerOfKind } from './model/attention-kinds.js';
export { type ReleasedConfig, type ReleasedModelOptions, releasedModel } from './model/released-config.js';
export { spaceToDepth } from './model/space-to-depth.js';
export { AttentionNetwork, type Conversion, type NetworkModule } from './network/attention-network.js';
export type { ConvertedLayer } from './network/build-network.js';
export { certifyNetwork, type RandomImages } from './network/certify-network.js';
export { type ConvertedNetwork, type ConvertNetworkOptions, convertNetwork } from './network/convert-network.js';
export type {
  AveragePoolLayer,
  BatchNormLayer,
  ConvolutionLayer,
  FlattenLayer,
  LinearLayer,
  MaxPoolLayer,
  NetworkLayer,
  PlainLayer,
} from './network/layer-list.js';
export type { NetworkCertificate, NetworkMeasurement } from './network/network-certificate.js';
export type { PointwiseLayer } from './network/pointwise.js';
export {
  type AttentionPictureOptions,
  attentionSvg,
  drawAttention,
} from './pictures/attention-picture.js';
export { type ContoursPictureOptions, contoursSvg, drawContours } from './pictures/contours-picture.js';
export type { AnyCanvas, CanvasOptions } from './pictures/drawing-canvas.js';
export { drawHeads, type HeadsPictureOptions, headsSvg, type ReadableHeads } from './pictures/heads-picture.js';
export {
  AlignedAttention,
  type AlignedAttentionOptions,
  alignedAttention,
  type ImageAttention,
} from './read/aligned-attention.js';
export { effectiveKernel } from './read/effective-kernel.js';
export { type HeadFacts, type HeadReport, type HeadStatus, headReport } from './read/head-report.js';
export type { PositionHeads } from './read/marginals.js';
export { type EffectiveConvolution, type InverseCertificate, toConv } from './read/to-conv.js';
export { UnsupportedError } from './unsupported-error.js';
