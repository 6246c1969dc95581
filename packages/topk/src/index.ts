/** The public face of `@saccade/topk`: the operator, the networks that look at patches, their baselines, data, pictures. */
export { type AttentionExpectationOptions, attentionExpectation } from './baselines/attention-expectation.js';
export {
  type AttentionGeometry,
  type AttentionPatchStarts,
  attentionPatchStarts,
} from './baselines/attention-patch-starts.js';
export { attentionRegularizer } from './baselines/attention-regularizer.js';
export {
  type AttentionSample,
  type AttentionSamplingOptions,
  attentionSampling,
} from './baselines/attention-sampling.js';
export {
  type IterativeSelectionOptions,
  type IterativeSelectionResult,
  selectIteratively,
} from './baselines/iterative-patch-selection.js';
export {
  type BilliardBatch,
  type BilliardBatchOptions,
  type BilliardImage,
  type BilliardOptions,
  billiardDataset,
  billiardImage,
  generateBilliard,
} from './data/billiard.js';
export type { BilliardBall, BilliardColor } from './data/billiard-balls.js';
export type { BilliardLabels, BilliardTask } from './data/billiard-labels.js';
export type { ImageWindow } from './data/canvas.js';
export type { GeneratedRange, GeneratedSource } from './data/check.js';
export type { MegapixelDigit } from './data/digit-marks.js';
export type { GeneratedImage } from './data/generated-image.js';
export {
  type LabelledImages,
  type LabelledImagesOptions,
  type LabelledPart,
  labelledImages,
} from './data/labelled-images.js';
export {
  generateMegapixelDigits,
  type MegapixelDigitsBatch,
  type MegapixelDigitsBatchOptions,
  type MegapixelDigitsImage,
  type MegapixelDigitsOptions,
  type MegapixelDigitsTask,
  megapixelDigitsDataset,
  megapixelDigitsImage,
} from './data/megapixel-digits.js';
export type { GeneratedSplit } from './data/stream-generator.js';
export { type RawPixelType, type RawTilesOptions, tilesFromRaw } from './gigapixel/array-source.js';
export { tilesFromBlob } from './gigapixel/blob-source.js';
export { tilesFromFile } from './gigapixel/file-source.js';
export { type GeoTiffImage, type GeoTiffTilesOptions, tilesFromGeoTiff } from './gigapixel/geotiff-source.js';
export { type GeneratedTilesOptions, tilesFromGenerated, tilesFromImage } from './gigapixel/image-source.js';
export { type SelectFromTilesOptions, selectFromTiles, type TileProgress } from './gigapixel/select-from-tiles.js';
export type { ChosenPatch as ChosenTile, TileLook, TileMemory } from './gigapixel/tile-look.js';
export type { OpenTileSource, PixelData, TilePixels, TileRequest, TileSource } from './gigapixel/tile-source.js';
export type { NoiseKind } from './kernels/js/noise.js';
export { Aggregation } from './model/aggregation/aggregation.js';
export {
  CrossAttentionAggregation,
  type CrossAttentionAggregationOptions,
} from './model/aggregation/cross-attention.js';
export {
  type TokenPooling,
  TransformerAggregation,
  type TransformerAggregationOptions,
} from './model/aggregation/transformer.js';
export type { AggregationOptions } from './model/aggregation-kinds.js';
export { AtsNetwork, type AtsNetworkOptions } from './model/ats-network.js';
export { type DpsOptions, loadDpsCheckpoint } from './model/dps-checkpoint.js';
export type { FeatureNetwork, FeatureOptions } from './model/feature-kinds.js';
export { followSigma } from './model/follow-sigma.js';
export type { PartOptions } from './model/part-kinds.js';
export { PatchConvNet, type PatchConvNetOptions } from './model/patch-conv-net.js';
export type { PatchLook } from './model/patch-look.js';
export { PatchSelector } from './model/patch-selector.js';
export type {
  PatchSelectorConfig,
  PatchSelectorOptions,
  SelectionMethod,
  SelectionOptions,
} from './model/patch-selector-options.js';
export {
  type ReleaseAdamOptions,
  type ReleaseScheduleOptions,
  releaseAdam,
  releaseSchedule,
} from './model/release-recipe.js';
export { ResidualNetwork, type ResidualNetworkOptions, type ResidualPreset } from './model/residual-network.js';
export { type ScoreGrid, Scorer, type ScorerOptions } from './model/scorer.js';
export type { ScoreNetwork, ScorerData } from './model/scorer-kinds.js';
export { type LoadSelectorOptions, loadSelector, saveSelector } from './model/selector-checkpoint.js';
export { type CosineSigmaOptions, cosineSigma, type LinearSigmaOptions, linearSigma } from './model/sigma-schedule.js';
export type { NaNPolicy, Scores } from './operator/check-scores.js';
export { dfTopK } from './operator/dftopk.js';
export { fenchelYoungLoss } from './operator/fenchel-young.js';
export type { FenchelYoungOptions } from './operator/fenchel-young-options.js';
export {
  type EstimateHealth,
  type GradientHealth,
  type GradientHealthOptions,
  gradientHealth,
} from './operator/gradient-health.js';
export type { Order } from './operator/hard.js';
export { lapSum } from './operator/lapsum.js';
export { neuralSort } from './operator/neural-sort.js';
export type { NoiseOption } from './operator/noise-option.js';
export type { PerturbedGradient } from './operator/perturbed.js';
export { Selection } from './operator/selection.js';
export { type SinkhornOptions, type SinkhornResult, sinkhornTopK } from './operator/sinkhorn.js';
export { softSort } from './operator/soft-sort.js';
export { type SparseOptions, sparseTopK } from './operator/sparse.js';
export type { TemperatureOptions } from './operator/temperature.js';
export { topK } from './operator/top-k.js';
export type { TopKMethod, TopKOptions } from './operator/top-k-options.js';
export { type ExtractPatchesOptions, extractPatches } from './patches/extract-patches.js';
export { normalizeScores, ScoreNormalization, type ScoreNormalizationOptions } from './patches/normalize-scores.js';
export { type PatchGrid, type PatchGridOptions, type PixelBox, patchBox, patchGrid } from './patches/patch-grid.js';
export { type ResizeAntialiasedOptions, resizeAntialiased } from './patches/resize-antialiased.js';
export { type ScoreEntropyOptions, scoreEntropy } from './patches/score-entropy.js';
export { type AnyCanvas, drawOverlay, drawPicture } from './pictures/draw-picture.js';
export {
  type ChosenPatch,
  type ClassProbability,
  type ExplainOptions,
  type Explanation,
  explain,
} from './pictures/explain.js';
export type { LookedAt } from './pictures/grid-boxes.js';
export { overlaySvg } from './pictures/overlay-svg.js';
export { type PatchStripInput, type PatchStripOptions, patchStrip } from './pictures/patch-strip.js';
export type { Picture, PictureSizeOptions, PixelImage } from './pictures/picture.js';
export { overlayPng, pictureAddress, picturePng } from './pictures/picture-png.js';
export { type OverlayInput, type OverlayOptions, scoreOverlay } from './pictures/score-overlay.js';
