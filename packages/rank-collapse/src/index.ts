/** The public face of `@saccade/rank-collapse`. */
export { certifyLayer, type HeadCertificate, type LayerCertificate } from './certify/certify-layer.js';
export { type CertifyModelOptions, certifyModel } from './certify/certify-model.js';
export { type CertifyNetworkOptions, certifyNetwork, type NetworkCertificate } from './certify/certify-network.js';
export type { ChartOptions } from './charts/chart-options.js';
export { type CurveChartOptions, curveChart, type LayerCurve, type LayerPoint } from './charts/curve-chart.js';
export { type LengthBar, type LengthChartOptions, lengthChart } from './charts/length-chart.js';
export { type MonitorChartOptions, type MonitorSignal, monitorChart } from './charts/monitor-chart.js';
export { type Trajectory, trajectoryChart } from './charts/trajectory-chart.js';
export type { CurvePoint, Spread } from './curve/curve-point.js';
export { type Measures, measuresOf } from './curve/measures.js';
export { type ResidualCurve, type ResidualCurveOptions, residualCurve } from './curve/residual-curve.js';
export type { SampleOptions, Samples } from './curve/states.js';
export type {
  AttentionWeights,
  LayerWeights,
  LinearMap,
  MlpWeights,
  NormWeights,
  RelativeBias,
} from './model/layer-weights.js';
export { modelOf } from './model/model-of.js';
export { type OpenTransformer, type OpenTransformerOptions, openTransformer } from './model/open-transformer.js';
export { type Embedded, type ModelInput, modelOfLayers, type RankModel } from './model/rank-model.js';
export { runLayer } from './model/run-layer.js';
export type { Parts, Variant } from './model/variant.js';
export { type Judgement, levelOf, type RankLevel } from './monitor/level.js';
export { type RankMonitor, type RankMonitorOptions, rankMonitor, type StepPlace } from './monitor/rank-monitor.js';
export type { MonitoredGradients, MonitoredStates } from './monitor/read-states.js';
export type { RankReport } from './monitor/report.js';
export { type LayerSignals, type LayerStates, signalsOf } from './monitor/signals.js';
export { CircleNetwork, type CircleNetworkOptions } from './network/circle-network.js';
export {
  type LoadSelfAttentionNetworkOptions,
  loadSelfAttentionNetwork,
  saveSelfAttentionNetwork,
} from './network/network-file.js';
export type {
  IdInput,
  NetworkForm,
  NetworkSizes,
  PointInput,
  SelfAttentionNetworkConfig,
  SelfAttentionNetworkOptions,
} from './network/network-options.js';
export { type RecurOptions, recur } from './network/recur.js';
export { type CreatePathsOptions, createPaths, type RerunOptions, rerunPaths } from './network/rerun-paths.js';
export { type HiddenStates, SelfAttentionNetwork } from './network/self-attention-network.js';
export type { Source } from './paths/by-source.js';
export type { Contribution } from './paths/contribution.js';
export type {
  LengthContribution,
  PathContributions,
  PathPlace,
  PlaceContribution,
  SourceContribution,
  SumCheck,
} from './paths/contribution-report.js';
export { type EnumeratePathsOptions, enumeratePaths } from './paths/enumerate-paths.js';
export { followPaths } from './paths/follow-paths.js';
export type { SourceKind } from './paths/frozen-layer.js';
export { pathAttention } from './paths/path-attention.js';
export { type PathContributionsOptions, pathContributions } from './paths/path-contributions.js';
export { type PathCount, pathCounts } from './paths/path-counts.js';
export type { Path } from './paths/path-sampler.js';
export type { PassOptions } from './paths/reduce-layers.js';
export { type PathSample, type SamplePathsOptions, samplePaths } from './paths/sample-paths.js';
export { columnNorm, compositeNorm, rowNorm } from './residual/composite-norm.js';
export { meanCosine, type Ranks, ranksOf } from './residual/ranks.js';
export { type Center, centerOf, type ResidualOptions, residual } from './residual/residual.js';
export { type AttentionFlowOptions, attentionFlow } from './rollout/attention-flow.js';
export { attentionRollout, rolloutByLength } from './rollout/attention-rollout.js';
export type { HeadFusion, RolloutOptions } from './rollout/links.js';
export { type CircleTask, type CircleTaskOptions, circleTask } from './tasks/circle-task.js';
export { type ConvexHullTaskOptions, convexHullTask } from './tasks/convex-hull-task.js';
export { hullLabels } from './tasks/hull-labels.js';
export { type MemorisationTaskOptions, memorisationTask } from './tasks/memorisation-task.js';
export type { PlanePoint } from './tasks/orientation.js';
export {
  type LengthEffectiveness,
  type PathEffectivenessOptions,
  pathEffectiveness,
} from './tasks/path-effectiveness.js';
export { type SortingTaskOptions, sortedRows, sortingTask } from './tasks/sorting-task.js';
export type { LabelledTokens, TokenTask } from './tasks/task.js';
export { type TrainedTask, type TrainTaskOptions, trainCircle, trainTask } from './tasks/train-task.js';
export type { TrackedHead } from './track/common-weights.js';
export { type TrackedLayer, type TrackedPoint, type TrackedTokens, trackResidual } from './track/track-residual.js';
export { trackedLayers } from './track/tracked-layers.js';
