/** The public face of `@saccade/collab-attention`. */
export { restrictAttention } from './analysis/restrict-attention.js';
export type {
  CheckpointAdapter,
  CheckpointLayer,
  CheckpointView,
  ReleasedForm,
  SharedNames,
} from './checkpoint/checkpoint-adapter.js';
export type { CheckpointSource, SourceOptions } from './checkpoint/checkpoint-source.js';
export type {
  ConversionReport,
  ConvertedLayerReport,
  KeptLayerReport,
  LayerOperations,
  LayerReport,
} from './checkpoint/conversion-report.js';
export { type Conversion, convertCheckpoint, convertToBlob } from './checkpoint/convert-checkpoint.js';
export type { ConversionProgress, ConvertOptions } from './checkpoint/convert-options.js';
export { type Inspection, inspectCheckpoint, type LayerInspection } from './checkpoint/inspect-checkpoint.js';
export type { Difference } from './checkpoint/layer-difference.js';
export { type LayerEnergiesOptions, type LayerEnergy, layerEnergies } from './checkpoint/layer-energies.js';
export { type NamedFamily, namedAdapter } from './checkpoint/named-adapter.js';
export type { RankChoice } from './checkpoint/rank-choice.js';
export { type CheckpointForm, type SharedBlock, type SharedLayer, sharedLayers } from './checkpoint/shared-block.js';
export {
  type LayerVerification,
  type Verification,
  type VerificationProgress,
  type VerifyOptions,
  verifyCheckpoint,
} from './checkpoint/verify-checkpoint.js';
export type { GivenStates } from './checkpoint/verify-states.js';
export type { CheckpointStream, ConvertTarget } from './checkpoint/written-checkpoint.js';
export {
  countOperations,
  countParameters,
  type LayerSizes,
  type OperationCounts,
  type OperationSizes,
  type ParameterCounts,
} from './counts/counts.js';
export { type DecomposeOptions, type Decomposition, decompose } from './decompose/decompose.js';
export type { ScoreLayout } from './decompose/scores-of.js';
export type { DecomposeProgress, StartName } from './decompose/search.js';
export { dimensionsFor, type Energy, type EnergyCurve, energy } from './energy/energy.js';
export {
  type LoadCollaborativeAttentionOptions,
  loadCollaborativeAttention,
  saveCollaborativeAttention,
} from './files/layer-file.js';
export {
  type CollaborateOptions,
  CollaborativeAttention,
  type CollaborativeAttentionConfig,
  type CollaborativeAttentionOptions,
} from './layer/collaborative-attention.js';
export type { ConcatenatedAttention, ConcatenatedWeights } from './layer/concatenated-weights.js';
export type { FromConcatenatedOptions, ReparametrizedAttention } from './layer/from-concatenated.js';
export { emptyHeads, type MixingStart } from './layer/mixing.js';
export { SharedKeyCache } from './layer/shared-key-cache.js';
export { type CompressedOnnx, compressOnnx } from './onnx/compress-onnx.js';
export type { ExternalFiles } from './onnx/external-data.js';
export type { CompressOnnxOptions, OnnxProgress } from './onnx/onnx-options.js';
export type { KeptOnnxAttention, OnnxAttentionReport, OnnxReport, SharedOnnxAttention } from './onnx/onnx-report.js';
export { UnsupportedError } from './unsupported-error.js';
