/** Steps of optimizers that would pass over the parameters a dozen times, in one pass: an extension, as few bundles train. */
import type { Buffer, Device } from './device.js';
import type { KernelExtension } from './extension.js';
import type { WasmBuffer } from './wasm/buffer.js';
import { binaries } from './wasm/optimizer.gen.js';

/** One step of Adam, its bias corrections worked in. */
export interface AdamStep {
  readonly beta1: number;
  readonly beta2: number;
  /** rate / (1 - beta1^t) */
  readonly rate: number;
  /** 1 / sqrt(1 - beta2^t) */
  readonly root: number;
  readonly epsilon: number;
}

/** What the extension adds. */
export interface OptimizerSteps {
  /**
   * newMean = beta1 mean + (1 - beta1) gradient, newSquare = beta2 square + (1 - beta2) gradient^2,
   * newParameter = parameter - rate newMean / (root sqrt(newSquare) + epsilon), element by element. Floats of one type.
   * An output may be the input of its name.
   */
  adam(
    parameter: Buffer,
    gradient: Buffer,
    mean: Buffer,
    square: Buffer,
    newParameter: Buffer,
    newMean: Buffer,
    newSquare: Buffer,
    step: AdamStep,
  ): void;
}

/** Elements of an item, as in assembly/optimizer.ts. */
const ITEM = 16;

export const optimizerSteps: KernelExtension<OptimizerSteps> = {
  name: 'optimizer',
  js: {
    adam(parameter, gradient, mean, square, newParameter, newMean, newSquare, { beta1, beta2, rate, root, epsilon }) {
      for (let i = 0; i < parameter.length; i++) {
        const g = gradient[i]!;
        const m = beta1 * mean[i]! + (1 - beta1) * g;
        const v = beta2 * square[i]! + (1 - beta2) * g * g;
        newMean[i] = m;
        newSquare[i] = v;
        newParameter[i] = parameter[i]! - (rate * m) / (root * Math.sqrt(v) + epsilon);
      }
    },
  },
  wasm: {
    binary: binaries,
    kernels: (runtime) => ({
      adam(...given) {
        const { beta1, beta2, rate, root, epsilon } = given[7];
        const { length } = given[0];
        const addresses = given.slice(0, 7).map((buffer) => (buffer as WasmBuffer).address);
        const args = [...addresses, beta1, 1 - beta1, beta2, 1 - beta2, rate, root, epsilon, length];
        runtime.parallel('optimizer.adam', args, Math.ceil(length / ITEM), 6 * ITEM);
      },
    }),
  },
  composed: { adam: composedAdam },
  written: { adam: [4, 5, 6] },
};

/** From maps, which a GPU turns into three programs. */
function composedAdam(device: Device, ...given: Parameters<OptimizerSteps['adam']>): void {
  const [parameter, gradient, mean, square, newParameter, newMean, newSquare, step] = given;
  const { beta1, beta2, rate, root, epsilon } = step;
  const { kernels } = device;
  const t = device.allocate('float32', parameter.length);
  kernels.binaryScalar('mul', mean, beta1, newMean, false);
  kernels.binaryScalar('mul', gradient, 1 - beta1, t, false);
  kernels.binary('add', newMean, t, newMean);
  kernels.binaryScalar('mul', gradient, 1 - beta2, t, false);
  kernels.binary('mul', t, gradient, t);
  kernels.binaryScalar('mul', square, beta2, newSquare, false);
  kernels.binary('add', newSquare, t, newSquare);
  kernels.unary('sqrt', newSquare, t);
  kernels.binaryScalar('mul', t, root, t, false);
  kernels.binaryScalar('add', t, epsilon, t, false);
  kernels.binary('div', newMean, t, t);
  kernels.binaryScalar('mul', t, rate, t, false);
  kernels.binary('sub', parameter, t, newParameter);
  device.release(t);
}
