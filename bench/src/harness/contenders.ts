/** One contender per library, made from a function of inputs; each frees memory the way that library asks for. */
import { dispose, scope, type Tensor } from '@saccade/tensor';
import { flatten, type GpuKernel } from '../peers/gpujs.js';
import type { JaxArray } from '../peers/jax.js';
import type { Tfjs, TfTensor } from '../peers/tfjs.js';
import type { Contender } from './case.js';

/** saccade: the function runs in a scope, its result is disposed. */
export function saccadeContender(inputs: Tensor[], compute: () => Tensor | Tensor[]): Contender {
  return {
    run: () => dispose(scope(compute)),
    values: async () => {
      const results = [scope(compute)].flat();
      const parts = await Promise.all(results.map((t) => t.data()));
      dispose(results);
      return concatenate(parts);
    },
    dispose: () => dispose(inputs),
  };
}

/** tfjs: the function runs in a tidy, its result is disposed. */
export function tfjsContender(tf: Tfjs, inputs: TfTensor[], compute: () => TfTensor | TfTensor[]): Contender {
  return {
    run: () => tf.dispose(tf.tidy(compute)),
    values: async () => {
      const results = [tf.tidy(compute)].flat();
      const parts = await Promise.all(results.map((t) => t.data()));
      tf.dispose(results);
      return concatenate(parts);
    },
    dispose: () => tf.dispose(inputs),
  };
}

/** jax-js: the function is given under jit, which is how it is fast, and consumes references to its inputs. */
export function jaxContender(inputs: JaxArray[], jitted: (...inputs: JaxArray[]) => JaxArray): Contender {
  const compute = () => jitted(...inputs.map((x) => x.ref));
  return {
    run: async () => {
      const result = compute();
      await result.blockUntilReady();
      result.dispose();
    },
    values: () => compute().data(), // consumes the result
    dispose: () => {
      for (const x of inputs) x.dispose();
    },
  };
}

/** gpu.js: the kernel copies its inputs in and its result out on every call; it has no other way in this mode. */
export function gpujsContender(kernel: GpuKernel, inputs: Parameters<GpuKernel>): Contender {
  return {
    run: () => {
      kernel(...inputs);
    },
    values: async () => {
      const values = flatten(kernel(...inputs));
      const { mode } = kernel.kernel.constructor;
      if (mode !== 'webasm') throw new Error(`ran in mode ${mode}: ${kernel.kernel.fallbackReason}`);
      return values;
    },
    dispose: () => kernel.destroy(),
  };
}

function concatenate(parts: Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0] as Float32Array;
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
