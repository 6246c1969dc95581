/** The part of jax-js that the page uses. Every operation consumes its arguments; `ref` is a second reference to use. */
export interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  /** Submits what is pending and gives the buffer. Consumes the array. */
  gpuBuffer(): Promise<unknown>;
  blockUntilReady(): Promise<JaxArray>;
  data(): Promise<Float32Array>;
  dispose(): void;
}

export function init(...devices: string[]): Promise<string[]>;
export function defaultDevice(device: string): string;
export function jit(f: (...x: JaxArray[]) => JaxArray): (...x: JaxArray[]) => JaxArray;
export const numpy: {
  array(values: Float32Array): JaxArray;
  matmul(a: JaxArray, b: JaxArray): JaxArray;
  swapaxes(x: JaxArray, a: number, b: number): JaxArray;
  tanh(x: JaxArray): JaxArray;
};
export const nn: {
  softmax(x: JaxArray, axis: number): JaxArray;
  standardize(x: JaxArray, axis: number): JaxArray;
};
