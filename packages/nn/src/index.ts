/** The public face of `@saccade/nn`: layers, losses, optimizers, data, training. */
export { type Batches, type BatchesOptions, batches } from './batches.js';
export { checkTransformerMap } from './checkpoints/check-transformer-map.js';
export type { ModelConfig } from './checkpoints/config-values.js';
export {
  type CheckpointSource,
  type OpenCheckpoint,
  type OpenCheckpointOptions,
  openCheckpoint,
  ownConfigPath,
} from './checkpoints/open-checkpoint.js';
export { type CheckpointTensors, type ReadWeightOptions, readBias, readWeight } from './checkpoints/read-weight.js';
export type { TransformerMapOptions } from './checkpoints/stack-plan.js';
export type {
  AttentionEntry,
  AttentionMap,
  EmbeddingEntry,
  LayerEntry,
  MlpActivation,
  MlpEntry,
  NormEntry,
  PositionKind,
  RotaryEntry,
  RotaryScaling,
  TransformerMap,
  WeightEntry,
} from './checkpoints/transformer-entries.js';
export { attentionMap, transformerMap } from './checkpoints/transformer-map.js';
export { type CheckpointNames, type TransformerStack, transformerStacks } from './checkpoints/transformer-stacks.js';
export { ByteCursor } from './data/byte-cursor.js';
export { type ByteStream, type ByteStreamOptions, byteStream } from './data/byte-stream.js';
export { type CsvDialect, type CsvOptions, readCsv } from './data/csv.js';
export { type Compression, decompress } from './data/decompress.js';
export { type Digits8x8, digits8x8 } from './data/digits-8x8.js';
export {
  type IdxArray,
  type IdxData,
  type IdxDType,
  type IdxItemsOptions,
  type IdxOptions,
  idxItems,
  readIdx,
} from './data/idx.js';
export { type DecodedImage, type DecodeImageOptions, decodeImage, type ImageChannels } from './data/image.js';
export type { ImageFolderSource } from './data/image-files.js';
export { type ImageBatch, type ImageFolder, type ImageFolderOptions, imageFolder } from './data/image-folder.js';
export { type LibsvmMatrix, type LibsvmOptions, type LibsvmRow, loadLibsvm, readLibsvm } from './data/libsvm.js';
export { type LoadCsvOptions, type LoadedCsv, loadCsv } from './data/load-csv.js';
export { loadMnist, type Mnist, type MnistFolder, type MnistOptions, type MnistPart } from './data/mnist.js';
export { type NpyRowsOptions, npyRows } from './data/npy-rows.js';
export { type LinesOptions, lines } from './data/text-lines.js';
export { type BatchContext, type Dataset, inMemory, mapBatches, randomSplit, subset } from './dataset.js';
export { inference } from './inference.js';
export {
  type Fan,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  lecunNormal,
  normalInitializer,
  orthogonal,
  xavierNormal,
  xavierUniform,
} from './initializers.js';
export {
  type Activation,
  ELU,
  elu,
  GELU,
  LeakyReLU,
  leakyRelu,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from './layers/activations.js';
export { BatchNorm, type BatchNormOptions } from './layers/batch-norm.js';
export { Conv1d, type Conv1dLayerOptions, Conv2d, type Conv2dLayerOptions } from './layers/convolution.js';
export { Dropout, type DropoutOptions } from './layers/dropout.js';
export { Embedding, type EmbeddingOptions } from './layers/embedding.js';
export { GRU, type GRUResult } from './layers/gru.js';
export { KeyValueCache } from './layers/key-value-cache.js';
export { GroupNorm, LayerNorm, type NormOptions } from './layers/layer-norm.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { LSTM, type LSTMResult } from './layers/lstm.js';
export {
  type AttendOptions,
  joinHeads,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
  splitHeads,
} from './layers/multi-head-attention.js';
export { paddingMask } from './layers/padding-mask.js';
export {
  AveragePool2d,
  Flatten,
  GlobalAveragePool,
  MaxPool2d,
  type PoolLayerOptions,
} from './layers/pooling.js';
export type { RecurrentOptions } from './layers/recurrent.js';
export { BasicBlock, Bottleneck, type ResidualBlockOptions } from './layers/residual-blocks.js';
export { RMSNorm, type RMSNormOptions } from './layers/rms-norm.js';
export { Lambda, type Layer, MLP, type MLPOptions, Sequential } from './layers/sequential.js';
export {
  type EncodeOptions,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerForwardOptions,
  type TransformerLayerOptions,
  type TransformerOptions,
} from './layers/transformer.js';
export {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropy,
  binaryCrossEntropyOfProbabilities,
} from './losses/binary-cross-entropy.js';
export { type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy.js';
export type { Reduction } from './losses/reduction.js';
export { huberLoss, type LossOptions, meanAbsoluteError, meanSquaredError } from './losses/regression.js';
export {
  accuracy,
  binaryAccuracy,
  type ClassScores,
  classScores,
  confusionMatrix,
  multilabelAccuracy,
} from './metrics.js';
export { type LoadModelOptions, loadModel, type ModelKind, type SaveModelOptions, saveModel } from './model-file.js';
export { type AnyModule, type EntryOptions, Module } from './module.js';
export { loadModule, type ModuleTarget, saveModule } from './module-file.js';
export { Adam, type AdamOptions, AdamW } from './optimizers/adam.js';
export { clipByGlobalNorm, clipByValue, globalNorm } from './optimizers/clip.js';
export { ExponentialAverage } from './optimizers/exponential-average.js';
export { Optimizer, type OptimizerOptions, type Update } from './optimizers/optimizer.js';
export { requireGradients } from './optimizers/require-gradients.js';
export { RMSprop, type RMSpropOptions } from './optimizers/rmsprop.js';
export { cosine, inverseSquareRoot, type Schedule, stepDecay, warmUp } from './optimizers/schedules.js';
export { SGD, type SGDOptions } from './optimizers/sgd.js';
export type { StepTaker } from './optimizers/step-taker.js';
export type { Trainable } from './optimizers/trainable.js';
export { type LoadOptions, type LoadReport, loadStateDict, stateDict } from './state-dict.js';
export { StateDictError } from './state-dict-error.js';
export { breather } from './training/breathe.js';
export {
  browserStore,
  type CheckpointStore,
  type CheckpointTarget,
  readCheckpoint,
  readStoredCheckpoint,
  requireCheckpointTarget,
  writeCheckpoint,
} from './training/checkpoint-store.js';
export { evaluate, type Metrics } from './training/evaluate.js';
export { fit } from './training/fit.js';
export type { CheckpointOptions, EarlyStopping, FitOptions, FitResult, StepEvent } from './training/fit-options.js';
export { NonFiniteError } from './training/non-finite.js';
export type { EpochRecord } from './training/training-state.js';
