/** The public face of `@saccade/kernels`: devices, the kernel table, typed errors. */
export { currentDevice, type InitOptions, init, useDevice } from './current.js';
export type {
  Buffer,
  Device,
  DeviceInfo,
  DeviceMemory,
  DeviceName,
  FallbackReport,
} from './device.js';
export { type DoubleProducts, doubleProducts } from './double-products.js';
export {
  type ArrayOf,
  type DType,
  isFloat,
  newArray,
  type TypedArray,
} from './dtype.js';
export {
  DeviceError,
  DisposedError,
  DTypeError,
  FormatError,
  GradientError,
  IndexError,
  OptionError,
  OutOfMemoryError,
  SaccadeError,
  ShapeError,
} from './errors.js';
export type { KernelExtension, KernelsOn, WasmExtension } from './extension.js';
export { createJsDevice } from './js/device.js';
export { philox } from './js/random.js';
export { type AdamStep, type OptimizerSteps, optimizerSteps } from './optimizer-steps.js';
export type { AttentionSizes } from './table/attention.js';
export type { ConvSizes } from './table/convolution.js';
export type { BinaryOp, Broadcast, CompareOp, TestOp, UnaryOp } from './table/elementwise.js';
export type { ResizeSizes, RotateSizes } from './table/image.js';
export type { IndexSizes } from './table/indexing.js';
export type { CopyLayout } from './table/layout.js';
export type { MatmulSizes } from './table/matmul.js';
export type { PoolSizes } from './table/pooling.js';
export type { Distribution, PhiloxState } from './table/random.js';
export type { AxisSizes, ReduceOp } from './table/reduce.js';
export type { CsrSizes, SegmentSizes } from './table/segment.js';
export type { SoftmaxSizes } from './table/softmax.js';
export type { KernelName, KernelTable } from './table.js';
export type { WasmBuffer } from './wasm/buffer.js';
export { createWasmDevice, type WasmOptions } from './wasm/device.js';
export type { WasmRuntime } from './wasm/runtime.js';
