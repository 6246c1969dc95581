/** Functions with a backward pass of their own. */
import { GradientError } from '@saccade/kernels';
import { checkOptions, requireFunction } from './arguments.js';
import { fresh } from './engine.js';
import { syncScope } from './scope.js';
import { type Shape, sameShape, show } from './shape.js';
import { currentScope } from './state.js';
import { isTracked, record, unrecorded } from './tape.js';
import { isTensor, type Tensor } from './tensor.js';

/** A value, and how a gradient passes back through it: one gradient an input, undefined for none. */
export interface CustomResult {
  readonly value: Tensor;
  /** `needs` tells, an input each, which gradients are wanted: what is returned for the others is thrown away. */
  readonly backward: (dy: Tensor, needs: readonly boolean[]) => readonly (Tensor | undefined)[];
  /** What else `backward` reads, made outside of the function: it is there for it, even if it is disposed or its scope ends. Default none. */
  readonly saved?: readonly Tensor<Shape>[] | undefined;
}

/** Options of `customGrad`. */
export interface CustomGradOptions {
  /** How errors name the function. Default 'customGrad'. */
  readonly name?: string | undefined;
  /**
   * For a backward pass of kernels that no tape could follow: a gradient of its gradient, in which it would pass for a constant, is an
   * error. Default false.
   */
  readonly firstOrder?: boolean | undefined;
}

/**
 * Gives a function of tensors its own backward pass. `f` is computed unrecorded; `backward` may use what `f` computed,
 * and if it is made of differentiable operations on the inputs, `dy` and the value it can be differentiated again.
 * @throws {GradientError} during the backward pass, for a gradient whose shape or type is not that of its input, and with `firstOrder` for a second derivative
 */
export function customGrad<A extends readonly Tensor[]>(
  f: (...inputs: A) => CustomResult,
  options: CustomGradOptions = {},
): (...inputs: A) => Tensor {
  requireFunction('customGrad', f);
  const { name = 'customGrad', firstOrder = false } = checkOptions('customGrad', options, ['name', 'firstOrder']);
  return (...inputs) => {
    const { output, pull, held } = syncScope(() => {
      const result = unrecorded(() => f(...inputs));
      if (!isTensor(result?.value) || typeof result.backward !== 'function') {
        throw new GradientError(`${name}: the function must return { value: tensor, backward: (dy) => gradients }`);
      }
      // What `f` made is there for `backward` to use.
      const held = inputs.some(isTracked) ? [...tensorsMade(), ...(result.saved ?? [])] : [];
      return { output: fresh(name, result.value), pull: result.backward, held };
    });
    record(
      output,
      inputs,
      (dy, needs) => {
        if (firstOrder && (isTracked(dy) || inputs.some(isTracked)))
          throw new GradientError(`${name}: has no second derivative`);
        const gradients = pull(dy, needs);
        if (!Array.isArray(gradients) || gradients.length > inputs.length) {
          throw new GradientError(`${name}: backward must return an array of at most ${inputs.length} gradients`);
        }
        for (const [i, input] of inputs.entries()) checkGradient(name, gradients[i], input, i);
        return gradients as readonly (Tensor | undefined)[];
      },
      held,
    );
    return output;
  };
}

function tensorsMade(): Tensor[] {
  const made: Tensor[] = [];
  currentScope()?.tensors.forEach((t) => {
    made.push(t);
  });
  return made;
}

function checkGradient(name: string, gradient: Tensor | undefined, input: Tensor, position: number): void {
  if (gradient === undefined) return;
  if (!isTensor(gradient)) throw new GradientError(`${name}: the gradient by input ${position} is no tensor`);
  if (!sameShape(gradient.shape, input.shape) || gradient.dtype !== input.dtype) {
    throw new GradientError(
      `${name}: the gradient by input ${position} must be ${input.dtype} ${show(input.shape)}, ` +
        `got ${gradient.dtype} ${show(gradient.shape)}`,
    );
  }
}
