/** TensorFlow.js on its wasm backend, one thread: the part of its interface that the cases use, and how it is started. */
import { dirname } from 'node:path';
import { requirePeer } from './install.js';
import { conv2dFilterGradient } from './tfjs-convolution.js';

export interface TfTensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dataSync(): Float32Array;
  dispose(): void;
}
export interface TfVariable extends TfTensor {
  readonly name: string;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (a: TfTensor, b: TfTensor | number) => TfTensor;
type Reduction = (x: TfTensor, axis?: number | number[], keepDims?: boolean) => TfTensor;
type Padding = 'same' | 'valid' | number;

interface KernelCall {
  inputs: Record<string, TfTensor>;
  attrs: Record<string, unknown>;
  backend: unknown;
}
interface Kernel {
  kernelName: string;
  backendName: string;
  kernelFunc(call: KernelCall): TfTensor;
}

export interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  backend(): { wasm: { HEAPU8: Uint8Array } };
  memory(): { numTensors: number; numBytes: number };
  registerKernel(kernel: Kernel): void;
  getKernel(name: string, backend: string): Kernel | undefined;
  tensor(values: Float32Array, shape: readonly number[]): TfTensor;
  variable(initial: TfTensor): TfVariable;
  tidy<R>(body: () => R): R;
  dispose(tensors: TfTensor | TfTensor[]): void;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  abs: Unary;
  exp: Unary;
  tanh: Unary;
  relu: Unary;
  sigmoid: Unary;
  erf: Unary;
  square: Unary;
  sqrt: Unary;
  rsqrt: Unary;
  softmax(x: TfTensor, axis?: number): TfTensor;
  randomNormal(shape: readonly number[]): TfTensor;
  topk(x: TfTensor, k: number): { values: TfTensor; indices: TfTensor };
  oneHot(indices: TfTensor, depth: number): TfTensor;
  moments(x: TfTensor, axis: number, keepDims: boolean): { mean: TfTensor; variance: TfTensor };
  sum: Reduction;
  max: Reduction;
  mean: Reduction;
  logSumExp: Reduction;
  conv2d(x: TfTensor, filter: TfTensor, strides: number, pad: Padding): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  concat(tensors: TfTensor[], axis: number): TfTensor;
  ones(shape: readonly number[]): TfTensor;
  squaredDifference: Binary;
  fused: {
    matMul(layer: { a: TfTensor; b: TfTensor; bias: TfTensor }): TfTensor;
    conv2d(layer: {
      x: TfTensor;
      filter: TfTensor;
      bias: TfTensor;
      strides: number;
      pad: Padding;
      activation: 'relu';
    }): TfTensor;
  };
  conv2dTranspose(dy: TfTensor, filter: TfTensor, outShape: readonly number[], strides: number, pad: Padding): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, pad: Padding): TfTensor;
  transpose(x: TfTensor, order: number[]): TfTensor;
  slice(x: TfTensor, begin: number[], size: number[]): TfTensor;
  stack(tensors: TfTensor[]): TfTensor;
  reverse(x: TfTensor, axes: number[]): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  customGrad<Inputs extends TfTensor[]>(
    body: (...inputs: [...Inputs, save: (tensors: TfTensor[]) => void]) => {
      value: TfTensor;
      gradFunc: (dy: TfTensor, saved: TfTensor[]) => TfTensor[];
    },
  ): (...inputs: Inputs) => TfTensor;
  grads(f: (...x: TfTensor[]) => TfTensor): (x: TfTensor[], dy?: TfTensor) => TfTensor[];
  variableGrads(loss: () => TfTensor, variables: TfVariable[]): { value: TfTensor; grads: Record<string, TfTensor> };
  train: {
    adam(
      rate: number,
      beta1: number,
      beta2: number,
      epsilon: number,
    ): { applyGradients(gradients: Record<string, TfTensor>): void; dispose(): void };
  };
  losses: { softmaxCrossEntropy(oneHot: TfTensor, logits: TfTensor): TfTensor };
}

interface WasmBackend {
  setWasmPaths(folder: string): void;
  setThreadsCount(count: number): void;
}

/**
 * Starts tfjs on wasm. Its wasm backend has no gradient of conv2d by the filter, so that nothing with a convolution
 * trains there; we register one made of its own fast operations, which is the best that a user could do.
 */
export async function startTfjs(): Promise<Tfjs> {
  const tf = requirePeer('@tensorflow/tfjs-core') as Tfjs;
  const wasm = requirePeer('@tensorflow/tfjs-backend-wasm') as WasmBackend;
  wasm.setWasmPaths(`${dirname(requirePeer.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  wasm.setThreadsCount(1);
  requirePeer('@tensorflow/tfjs-core/dist/register_all_gradients.js'); // left out of its main file
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs could not start its wasm backend');
  await tf.ready();
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') === undefined) {
    tf.registerKernel({
      kernelName: 'Conv2DBackpropFilter',
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) =>
        conv2dFilterGradient(tf, inputs.x as TfTensor, inputs.dy as TfTensor, attrs.filterShape as number[]),
    });
  }
  return tf;
}
