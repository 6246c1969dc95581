/** The public face of `@saccade/sparse-sgd`: compressors, the wire format, Mem-SGD, distributed training, theory, charts. */
export type { Amount } from './compress/amount.js';
export { applyMessage, messageVector } from './compress/apply-message.js';
export { type Blocks, blockTopK, blockTopKCompressor } from './compress/block-top-k.js';
export type { Compressor, Occasion } from './compress/compressor.js';
export { type Entries, type EntriesOptions, entriesAt } from './compress/entries.js';
export { majoritySign, signs, signsCompressor } from './compress/majority-sign.js';
export type {
  DenseMessage,
  FactorMessage,
  LevelsMessage,
  Message,
  PowersMessage,
  SeededMessage,
  SignsMessage,
  SparseMessage,
  ValueType,
  Vector,
} from './compress/message.js';
export { natural, naturalCompressor } from './compress/natural.js';
export { type NoneOptions, noneCompressor } from './compress/none.js';
export { oneBit, oneBitCompressor } from './compress/one-bit.js';
export { parseCompressor } from './compress/parse-compressor.js';
export { type QsgdOptions, qsgd, qsgdCompressor } from './compress/qsgd.js';
export {
  randK,
  randKCompressor,
  type ScaleOptions,
  type SharedRandKOptions,
  sharedRandKCompressor,
} from './compress/rand-k.js';
export { seededIndices } from './compress/random-positions.js';
export { type SampleOptions, sampledTopK, sampledTopKCompressor } from './compress/sampled-top-k.js';
export { scaledSign, scaledSignCompressor } from './compress/scaled-sign.js';
export { type TernGradOptions, ternGrad, ternGradCompressor } from './compress/tern-grad.js';
export { threshold, thresholdCompressor } from './compress/threshold.js';
export { topK, topKCompressor } from './compress/top-k.js';
export { ultraSparse, ultraSparseCompressor } from './compress/ultra-sparse.js';
export type { Randomness } from './compress/uniforms.js';
export { DistributedOptimizer } from './distributed/distributed-optimizer.js';
export { type LoadDistributedOptions, loadDistributed } from './distributed/load-distributed.js';
export { type SaveDistributedOptions, saveDistributed } from './distributed/save-distributed.js';
export type { DistributedOptions, FeedbackKind, Grouping } from './distributed/settings.js';
export type { OptimizerTraffic } from './distributed/traffic.js';
export { type DGCOptions, dgc } from './feedback/dgc.js';
export { type EF21Options, ef21 } from './feedback/ef21.js';
export { errorFeedback, type MemoryOptions } from './feedback/error-feedback.js';
export type { Feedback, FeedbackState, Gather, Gathered, Turn } from './feedback/feedback.js';
export {
  type LocalPlace,
  type LocalRound,
  type LocalSGDOptions,
  localSGD,
  postLocal,
} from './feedback/local-sgd.js';
export { type NoFeedbackOptions, noFeedback } from './feedback/no-feedback.js';
export type { NonFinitePolicy } from './feedback/non-finite.js';
export { type PowerSGDOptions, powerSGD } from './feedback/power-sgd.js';
export type { Precision } from './feedback/precision.js';
export { type SignMajorityOptions, signMajority } from './feedback/sign-majority.js';
export { type SimulateOptions, type Simulation, simulate } from './feedback/simulate.js';
export { type LossSvgOptions, lossChart } from './pictures/loss-chart.js';
export { type LossPageOptions, lossPage } from './pictures/loss-page.js';
export type { LossAxis, LossChartOptions, LossPoint, LossSeries } from './pictures/loss-series.js';
export { type LossTextOptions, lossText } from './pictures/loss-text.js';
export type { BoundOptions, MemoryBoundOptions, TheoryCompression } from './theory/bound.js';
export type { CurveSteps, LossCurveOptions } from './theory/curve.js';
export { theory } from './theory/theory.js';
export { type Average, averages, averageWeight } from './training/averages.js';
export { type Label, type LabelOptions, type LinearData, type LinearLoss, unitRows } from './training/linear-data.js';
export { type LinearScore, linearLoss, linearProbabilities, linearScore } from './training/linear-loss.js';
export { type MemSGDResult, memSGD } from './training/mem-sgd.js';
export {
  type ParallelMemSGDOptions,
  type ParallelMemSGDResult,
  parallelMemSGD,
} from './training/parallel-mem-sgd.js';
export { parseRate } from './training/parse-rate.js';
export {
  type BottouRate,
  bottou as bottouRate,
  type ConstantRate,
  constant as constantRate,
  type DecayRate,
  decay as decayRate,
  type EpochDecayRate,
  epochDecay as epochDecayRate,
  type LearningRate,
  type RateProblem,
  type RelativeShift,
  resolveRate,
  resolveShift,
} from './training/schedules.js';
export type { Evaluation } from './training/sgd-checkpoint.js';
export type { MemSGDOptions, SGDProgress } from './training/sgd-options.js';
export { createHubTransport, type HubTransportOptions } from './transport/hub-transport.js';
export type { JobOptions } from './transport/job-options.js';
export { createHub, type Hub, type HubOptions } from './transport/tcp-hub.js';
export { createThreadHub, type ThreadHub, type ThreadHubOptions } from './transport/thread-hub.js';
export { createThreadTransport, localTransports, type ThreadPort } from './transport/thread-transport.js';
export type { JobState, PeerEvent, Transport, TransportCounts } from './transport/transport.js';
export { type DecodeOptions, decode } from './wire/decode.js';
export { encode } from './wire/encode.js';
export type { EncodeOptions } from './wire/encode-options.js';
export { encodedBytes } from './wire/encoded-bytes.js';
export type { Frame, FrameHeader } from './wire/frame.js';
export { type IndexCode, indexBits } from './wire/index-bits.js';
export { messageBits, type PaperSizes, paperBits } from './wire/paper-bits.js';
