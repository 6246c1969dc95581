/**
 * The public face of `@saccade/tensor`. Every operation throws a DisposedError for a tensor that was freed, a DeviceError for
 * tensors of different devices, a DTypeError for what is no tensor, and an OptionError for an option that it does not know;
 * the comment of each says what else it throws.
 */
import './methods.js';

export {
  createJsDevice,
  type Device,
  DeviceError,
  type DeviceInfo,
  DisposedError,
  type DType,
  DTypeError,
  FormatError,
  GradientError,
  IndexError,
  type InitOptions,
  init,
  OptionError,
  OutOfMemoryError,
  SaccadeError,
  ShapeError,
  type TypedArray,
} from '@saccade/kernels';
export { checkOptions, quote, requireFunction } from './arguments.js';
export { assign } from './assign.js';
export { type CheckGradientsOptions, checkGradients } from './check-gradients.js';
export { checkpoint } from './checkpoint.js';
export {
  type CreateOptions,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  range,
  tensor,
  zeros,
  zerosLike,
} from './create.js';
export { type CustomGradOptions, type CustomResult, customGrad } from './custom-grad.js';
export { bufferOf, deviceOf, empty } from './engine.js';
export { writeFileAtomically } from './formats/atomic-file.js';
export type { ByteSource, FileSource, OpenOptions } from './formats/byte-source.js';
export { convertStored, type ReadOptions } from './formats/convert-stored.js';
export { crc32 } from './formats/crc32.js';
export { bfloat16ToFloat32, float16ToFloat32, toBfloat16, toFloat16 } from './formats/half.js';
export { type LoadedSafetensors, loadSafetensors } from './formats/load-safetensors.js';
export { type NodeFiles, nodeFiles } from './formats/node-files.js';
export { encodeNpy, loadNpy, saveNpy } from './formats/npy.js';
export { decodeNpy } from './formats/npy-bytes.js';
export { type NpyHeader, parseNpyHeader } from './formats/npy-header.js';
export { openSafetensors, type SafetensorsFile } from './formats/open-safetensors.js';
export { openShardedSafetensors, type ShardedOptions } from './formats/open-sharded-safetensors.js';
export { openSource, readWhole } from './formats/open-source.js';
export { type DecodedSafetensors, decodeSafetensors, packSafetensors } from './formats/safetensors-bytes.js';
export type { LazyEntry, NamedTensors, SafetensorsEntries, SafetensorsEntry } from './formats/safetensors-entries.js';
export type { SafetensorsInfo } from './formats/safetensors-header.js';
export type { SafetensorsWriteOptions } from './formats/safetensors-layout.js';
export {
  encodeSafetensors,
  type SafetensorsSaveOptions,
  type SafetensorsStream,
  type SaveProgress,
  saveSafetensors,
  streamSafetensors,
} from './formats/save-safetensors.js';
export {
  littleEndianBytes,
  type StoredArray,
  type StoredData,
  type StoredDType,
  storedBytes,
  viewStored,
} from './formats/stored.js';
export {
  grad,
  stopGradient,
  valueAndGrad,
  valueAndGradOf,
} from './grad.js';
export { kernelsOn } from './kernels-on.js';
export { choleskyMatrix, choleskySolveMatrix } from './linalg/cholesky.js';
export {
  cholesky,
  choleskySolve,
  type Eig,
  eig,
  eigSymmetric,
  leastSquares,
  qr,
  solve,
  svd,
} from './linalg/decompositions.js';
export { type EigMatrices, eigMatrix } from './linalg/eig.js';
export { type EigSymmetricMatrices, eigSymmetricMatrix, eigSymmetricValuesMatrix } from './linalg/eig-symmetric.js';
export { type LeastSquaresMatrices, type LeastSquaresOptions, leastSquaresMatrix } from './linalg/least-squares.js';
export { LinalgError } from './linalg/linalg-error.js';
export { type Matrix, matrix, transposeMatrix } from './linalg/matrix.js';
export { type MatrixProductOptions, matrixProduct } from './linalg/product.js';
export { type QrMatrices, qrMatrix } from './linalg/qr.js';
export { solveMatrix } from './linalg/solve.js';
export { type SvdMatrices, svdMatrix } from './linalg/svd.js';
export { type MemoryUse, memory } from './memory.js';
export type { TensorMethods } from './methods.js';
export type { Nested } from './nested.js';
export { erf, gelu, relu, sigmoid, silu, softplus, tanh } from './ops/activation.js';
export { type ArgOptions, argmax, argmin } from './ops/arg-reduce.js';
export { add, div, mod, mul, neg, squaredDifference, sub } from './ops/arithmetic.js';
export { at, type Index } from './ops/at.js';
export { type AttentionOptions, attention, attentionWeights } from './ops/attention.js';
export type { Operand } from './ops/binary.js';
export { cast } from './ops/cast.js';
export {
  equal,
  greater,
  greaterEqual,
  isfinite,
  isnan,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from './ops/compare.js';
export { concat, split, stack, tile, unstack } from './ops/concat.js';
export { type Conv1dOptions, type ConvOptions, conv1d, conv2d } from './ops/convolution.js';
export { type CumsumOptions, cumsum } from './ops/cumsum.js';
export { exp, expm1, log, log1p, pow, reciprocal, rsqrt, sqrt, square } from './ops/exponential.js';
export { maximum, minimum } from './ops/extremes.js';
export { type ResizeOptions, resizeBilinear, rotate } from './ops/image.js';
export {
  type AxisOption,
  gather,
  oneHot,
  scatterAdd,
  scatterAddAlong,
  takeAlong,
} from './ops/indexing.js';
export { roll, swapAxes, transpose } from './ops/layout.js';
export { type MatmulOptions, matmul } from './ops/matmul.js';
export { mean, std, type VarianceOptions, variance } from './ops/moments.js';
export {
  type BatchNormResult,
  batchNorm,
  layerNorm,
  type NormalizeOptions,
} from './ops/normalize.js';
export { type Border, pad } from './ops/pad.js';
export { averagePool, maxPool, type PoolOptions } from './ops/pooling.js';
export { all, any, logSumExp, max, min, norm, prod } from './ops/reduce.js';
export { expandDims, flatten, reshape, squeeze } from './ops/reshape.js';
export { abs, ceil, floor, round, sign, trunc } from './ops/rounding.js';
export { segmentMax, segmentSoftmax, segmentSum } from './ops/segment.js';
export { crop, flip } from './ops/slice.js';
export { logSoftmax, type SoftmaxOptions, softmax } from './ops/softmax.js';
export { argsort, type Ordered, type SortOptions, sort, type TopkOptions, topk } from './ops/sorting.js';
export { type CsrOptions, csrMatmul, type SparseMatrix } from './ops/sparse.js';
export { broadcastTo, type ReduceOptions, sum, sumTo } from './ops/sum.js';
export { acos, asin, atan, atan2, cos, cosh, sin, sinh, tan } from './ops/trigonometry.js';
export { clip, where } from './ops/where.js';
export type { Padding, Pair } from './ops/window.js';
export { format, type PrintOptions } from './print.js';
export {
  requireAbove,
  requireCount,
  requireCounts,
  requireDivides,
  requireFlag,
  requireFrom,
  requireOneOf,
  requireRng,
  requireWithin,
} from './require.js';
export { requireShape } from './require-shape.js';
export { type RandomOptions, Rng, type RngState } from './rng.js';
export { dispose, keep, scope } from './scope.js';
export { type Shape, sameShape, show } from './shape.js';
export { isTracked, recording } from './tape.js';
export { isTensor, type Tensor } from './tensor.js';
export { mapTree, tensorsOf } from './tree.js';
