/** Compares gradients with central differences, in float64. */
import { createJsDevice, GradientError, isFloat } from '@saccade/kernels';
import { checkOptions, requireFunction, requireList } from './arguments.js';
import { tensor } from './create.js';
import { valueAndGradOf } from './grad.js';
import { mul } from './ops/arithmetic.js';
import { sum } from './ops/sum.js';
import { scope } from './scope.js';
import { withTapes } from './tape.js';
import type { Tensor } from './tensor.js';

/** How gradients are checked. */
export interface CheckGradientsOptions {
  /** Step of the differences. Default 1e-5. */
  readonly step?: number | undefined;
  /** Allowed error relative to the largest magnitude of the gradient. Default 1e-6. */
  readonly tolerance?: number | undefined;
}

/**
 * Checks the gradient of sum(weights * f(inputs)) by every input, with fixed uneven weights, on the `js` device in float64
 * against central differences. Resolves to the largest relative error.
 * @throws {GradientError} naming the input and element with the largest error, if it exceeds the tolerance
 */
export async function checkGradients(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: CheckGradientsOptions = {},
): Promise<number> {
  requireFunction('checkGradients', f);
  requireList('checkGradients', inputs);
  const { step = 1e-5, tolerance = 1e-6 } = checkOptions('checkGradients', options, ['step', 'tolerance']);
  const values = await Promise.all(inputs.map((t) => t.data()));
  return scope(() => {
    const device = createJsDevice();
    const copies = inputs.map((t, i) =>
      tensor(values[i] as Float32Array, { shape: t.shape, dtype: isFloat(t.dtype) ? 'float64' : t.dtype, device }),
    );
    const wanted = copies.filter((t) => isFloat(t.dtype));
    const loss = (args: readonly Tensor[]): Tensor => weighted(f(...args));
    const [, gradients] = valueAndGradOf(wanted, () => loss(copies));
    let worst = 0;
    copies.forEach((t, i) => {
      if (!isFloat(t.dtype)) return;
      const analytic = (gradients[wanted.indexOf(t)] as Tensor).dataSync<'float64'>();
      const numeric = differences(loss, copies, i, step);
      worst = Math.max(worst, compare(analytic, numeric, i, tolerance));
    });
    return worst;
  });
}

/** Sum with weights 0.5, 1.0, 1.5, ... modulo 7 steps, so that errors do not cancel. */
function weighted(y: Tensor): Tensor {
  const weights = Float64Array.from({ length: y.size }, (_, i) => 0.5 * ((i % 7) + 1));
  return sum(mul(y, tensor(weights, { shape: y.shape, dtype: 'float64', device: y.device })));
}

function differences(
  loss: (args: readonly Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  which: number,
  step: number,
): Float64Array {
  const input = inputs[which] as Tensor;
  const values = input.dataSync<'float64'>();
  const at = (i: number, shift: number): number =>
    scope(() => {
      const moved = values.slice();
      moved[i] = (moved[i] as number) + shift;
      const shape = input.shape;
      const args = inputs.map((t, j) =>
        j === which ? tensor(moved, { shape, dtype: 'float64', device: input.device }) : t,
      );
      return withTapes([], () => loss(args)).item();
    });
  return values.map((_, i) => (at(i, step) - at(i, -step)) / (2 * step));
}

function compare(analytic: Float64Array, numeric: Float64Array, which: number, tolerance: number): number {
  const scale = Math.max(1e-3, ...numeric.map(Math.abs));
  let worst = 0;
  for (let i = 0; i < numeric.length; i++) {
    const error = Math.abs((analytic[i] as number) - (numeric[i] as number)) / scale;
    if (!(error <= tolerance)) {
      throw new GradientError(
        `checkGradients: input ${which}, element ${i}: gradient ${analytic[i]}, central difference ${numeric[i]} ` +
          `(relative error ${error.toExponential(2)}, allowed ${tolerance})`,
      );
    }
    worst = Math.max(worst, error);
  }
  return worst;
}
