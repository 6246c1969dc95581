/** Steps of optimizers of the `wasm` device. */
import type { OptimizerKernels } from '../table/optimizer.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** Elements of an item, as in assembly/optimizer.ts. */
const ITEM = 16;

/** The family over one runtime. */
export function optimizerKernels(runtime: WasmRuntime): OptimizerKernels<WasmBuffer> {
  return {
    adam(parameter, gradient, mean, square, newParameter, newMean, newSquare, step) {
      if (parameter.dtype !== 'float32') {
        runtime.fallback.adam(parameter, gradient, mean, square, newParameter, newMean, newSquare, step);
        return;
      }
      const { beta1, beta2, rate, root, epsilon } = step;
      // biome-ignore format: a table
      const args = [
        parameter.address, gradient.address, mean.address, square.address, newParameter.address, newMean.address,
        newSquare.address, beta1, 1 - beta1, beta2, 1 - beta2, rate, root, epsilon, parameter.length,
      ];
      runtime.parallel('adam', args, Math.ceil(parameter.length / ITEM), 6 * ITEM);
    },
  };
}
