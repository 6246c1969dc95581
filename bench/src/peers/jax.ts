/** jax-js on its wasm device: the part of its interface that the cases use, and how it is started. */
import { pathToFileURL } from 'node:url';
import { requirePeer } from './install.js';

/** Every operation consumes its arguments; `ref` is a second reference to use. */
export interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  blockUntilReady(): Promise<JaxArray>;
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Unary = (x: JaxArray) => JaxArray;
type Reduction = (x: JaxArray, axis?: number) => JaxArray;

export interface Jax {
  init(...devices: string[]): Promise<string[]>;
  defaultDevice(device: string): string;
  jit(f: (...x: JaxArray[]) => JaxArray): (...x: JaxArray[]) => JaxArray;
  numpy: {
    array(values: Float32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    swapaxes(x: JaxArray, a: number, b: number): JaxArray;
    exp: Unary;
    tanh: Unary;
    sum: Reduction;
    max: Reduction;
    mean: Reduction;
  };
  lax: { erf: Unary };
  nn: {
    relu: Unary;
    sigmoid: Unary;
    softmax(x: JaxArray, axis: number): JaxArray;
    logsumexp(x: JaxArray, axis?: number): JaxArray;
    standardize(x: JaxArray, axis: number): JaxArray;
  };
}

/** Starts jax-js on wasm. Version 0.1.25 throws in Node 20, which has no global `navigator`. */
export async function startJax(): Promise<Jax> {
  const path = requirePeer.resolve('@jax-js/jax').replace(/\.cjs$/, '.js');
  const jax = (await import(pathToFileURL(path).href)) as Jax;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return jax;
}
