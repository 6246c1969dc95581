/** Functions with a backward pass of their own. */
import { GradientError } from '@saccade/kernels';
import { requireFunction } from './arguments.js';
import { fresh } from './engine.js';
import { syncScope } from './scope.js';
import { sameShape, show } from './shape.js';
import { currentScope, state } from './state.js';
import { record, withTapes } from './tape.js';
import { isTensor, type Tensor } from './tensor.js';

/** A value, and how a gradient passes back through it: one gradient an input, undefined for none. */
export interface CustomResult {
  readonly value: Tensor;
  /** `needs` tells, an input each, which gradients are wanted: what is returned for the others is thrown away. */
  readonly backward: (dy: Tensor, needs: readonly boolean[]) => readonly (Tensor | undefined)[];
}

/**
 * Gives a function of tensors its own backward pass. `f` is computed unrecorded; `backward` may use what `f` computed,
 * and if it is made of differentiable operations on the inputs, `dy` and the value it can be differentiated again.
 * @throws {GradientError} during the backward pass, for a gradient whose shape or type is not that of its input
 */
export function customGrad<A extends readonly Tensor[]>(f: (...inputs: A) => CustomResult): (...inputs: A) => Tensor {
  requireFunction('customGrad', f);
  return (...inputs) => {
    const { output, pull, made } = syncScope(() => {
      const result = withTapes([], () => f(...inputs));
      if (!isTensor(result?.value) || typeof result.backward !== 'function') {
        throw new GradientError('customGrad: the function must return { value: tensor, backward: (dy) => gradients }');
      }
      const recorded = state.tapes.length > 0;
      // What `f` made is there for `backward` to use.
      return { output: fresh('customGrad', result.value), pull: result.backward, made: recorded ? tensorsMade() : [] };
    });
    record(
      output,
      inputs,
      (dy, needs) => {
        const gradients = pull(dy, needs);
        if (!Array.isArray(gradients) || gradients.length > inputs.length) {
          throw new GradientError(`customGrad: backward must return an array of at most ${inputs.length} gradients`);
        }
        for (const [i, input] of inputs.entries()) checkGradient(gradients[i], input, i);
        return gradients as readonly (Tensor | undefined)[];
      },
      made,
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

function checkGradient(gradient: Tensor | undefined, input: Tensor, position: number): void {
  if (gradient === undefined) return;
  if (!isTensor(gradient)) throw new GradientError(`customGrad: the gradient by input ${position} is no tensor`);
  if (!sameShape(gradient.shape, input.shape) || gradient.dtype !== input.dtype) {
    throw new GradientError(
      `customGrad: the gradient by input ${position} must be ${input.dtype} ${show(input.shape)}, ` +
        `got ${gradient.dtype} ${show(gradient.shape)}`,
    );
  }
}
