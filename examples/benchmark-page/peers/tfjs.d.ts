/** The part of tfjs that the page uses. */
export interface TfTensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}
export interface TfVariable extends TfTensor {
  readonly name: string;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (a: TfTensor, b: TfTensor | number) => TfTensor;

export function setBackend(name: string): Promise<boolean>;
export function ready(): Promise<void>;
export function tensor(values: Float32Array, shape: readonly number[]): TfTensor;
export function variable(initial: TfTensor): TfVariable;
export function tidy<R>(body: () => R): R;
export function dispose(tensors: TfTensor | TfTensor[]): void;
export function matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
export const add: Binary;
export const sub: Binary;
export const mul: Binary;
export const squaredDifference: Binary;
export const tanh: Unary;
export const rsqrt: Unary;
export function softmax(x: TfTensor, axis?: number): TfTensor;
export function mean(x: TfTensor, axis?: number): TfTensor;
export function moments(x: TfTensor, axis: number, keepDims: boolean): { mean: TfTensor; variance: TfTensor };
export function maxPool(x: TfTensor, size: number, strides: number, pad: 'valid'): TfTensor;
export function reshape(x: TfTensor, shape: readonly number[]): TfTensor;
export function slice(x: TfTensor, begin: number[], size: number[]): TfTensor;
export function split(x: TfTensor, parts: number, axis: number): TfTensor[];
export function transpose(x: TfTensor, order: number[]): TfTensor;
export const fused: {
  conv2d(layer: {
    x: TfTensor;
    filter: TfTensor;
    bias: TfTensor;
    strides: number;
    pad: 'same';
    activation: 'relu';
  }): TfTensor;
};
export const losses: { softmaxCrossEntropy(oneHot: TfTensor, logits: TfTensor): TfTensor };
export const train: {
  adam(
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
  ): { applyGradients(gradients: Record<string, TfTensor>): void; dispose(): void };
};
export function variableGrads(
  loss: () => TfTensor,
  variables: TfVariable[],
): { value: TfTensor; grads: Record<string, TfTensor> };
