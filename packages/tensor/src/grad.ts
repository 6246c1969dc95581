/** Differentiation as a function of a function. */
import { GradientError, isFloat, ShapeError } from '@saccade/kernels';
import { backward } from './backward.js';
import { full, zerosLike } from './create.js';
import { alias } from './engine.js';
import type { Rng } from './rng.js';
import { syncScope } from './scope.js';
import { show } from './shape.js';
import { state } from './state.js';
import { record, Tape, withTapes } from './tape.js';
import { isTensor, type Tensor } from './tensor.js';
import { mapTree, tensorsOf } from './tree.js';
import { pullback } from './vjp.js';

/** The loss of what a differentiated function returned: the value itself, or the first of several. */
function lossOf(value: unknown): Tensor {
  const loss: unknown = Array.isArray(value) ? value[0] : value;
  if (!isTensor(loss)) {
    throw new GradientError('grad: the function must return a tensor, or an array that begins with one');
  }
  if (loss.size !== 1) {
    throw new ShapeError(`grad: the loss must have one element, got ${show(loss.shape)}; use .sum() or .mean()`);
  }
  if (!isFloat(loss.dtype)) throw new GradientError(`grad: the loss must be a float, got ${loss.dtype}`);
  return loss;
}

function checkTargets(targets: readonly Tensor[]): void {
  if (targets.length === 0) throw new GradientError('grad: there is no tensor to differentiate by');
  for (const t of targets) {
    if (!isFloat(t.dtype)) {
      throw new GradientError(`grad: cannot differentiate by a tensor of ${t.dtype}, ${show(t.shape)}`);
    }
  }
}

/**
 * Calls `f` and returns what it gave with the gradient of its loss by `parameters`, in their structure. `f` takes nothing:
 * it uses the parameters from around it, as a model does. Tensors that the loss does not depend on get zeros.
 * All other tensors made inside are freed.
 * @throws {ShapeError} unless the loss (the value, or the first of an array) has one element @throws {GradientError}
 */
export function valueAndGradOf<P, R>(parameters: P, f: () => R): [value: R, gradient: P] {
  const targets = tensorsOf(parameters);
  checkTargets(targets);
  return syncScope(() => {
    const tape = new Tape(targets);
    const value = withTapes([...state.tapes, tape], f);
    if (value instanceof Promise) throw new GradientError('grad: the function must be synchronous');
    const loss = lossOf(value);
    const seed = full(loss.shape, 1, { dtype: loss.dtype, device: loss.device });
    const gradients = backward(tape, [loss], [seed], targets);
    const of = new Map(targets.map((t, i) => [t, gradients[i] ?? zerosLike(t)]));
    return [value, mapTree(parameters, (t) => of.get(t) as Tensor)] as [R, P];
  });
}

/**
 * A function that returns the value of `f` and its gradient by the first argument: a tensor, or arrays and objects of
 * them. `f` returns its loss, or an array that begins with it and may go on with whatever else is of use.
 * Nests: the gradient of a gradient is the second derivative.
 */
export function valueAndGrad<P, A extends unknown[], R>(
  f: (parameters: P, ...rest: A) => R,
): (parameters: P, ...rest: A) => [value: R, gradient: P] {
  return (parameters, ...rest) => valueAndGradOf(parameters, () => f(parameters, ...rest));
}

/** A function that returns the gradient of `f` by its first argument. */
export function grad<P, A extends unknown[]>(
  f: (parameters: P, ...rest: A) => unknown,
): (parameters: P, ...rest: A) => P {
  return (parameters, ...rest) => syncScope(() => valueAndGradOf(parameters, () => f(parameters, ...rest))[1]);
}

/** The same values, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return alias('stopGradient', x, x.shape);
}

/** A value, and how a gradient passes back through it: one gradient an input, undefined for none. */
export interface CustomResult {
  readonly value: Tensor;
  readonly backward: (dy: Tensor) => readonly (Tensor | undefined)[];
}

/**
 * Gives a function of tensors its own backward pass. `f` is computed unrecorded; `backward` may use what `f` computed,
 * and if it is made of differentiable operations it can be differentiated again.
 * @throws {GradientError} during the backward pass, for a gradient whose shape is not that of its input
 */
export function customGrad<A extends readonly Tensor[]>(f: (...inputs: A) => CustomResult): (...inputs: A) => Tensor {
  return (...inputs) => {
    const { value, backward: pull } = withTapes([], () => f(...inputs));
    // An input handed straight through needs an identity of its own on the tape.
    const output = inputs.includes(value) ? alias('customGrad', value, value.shape) : value;
    record(output, inputs, (dy) => {
      const gradients = pull(dy);
      for (const [i, input] of inputs.entries()) checkGradient(gradients[i], input, i);
      return gradients;
    });
    return output;
  };
}

function checkGradient(gradient: Tensor | undefined, input: Tensor, position: number): void {
  if (gradient !== undefined && show(gradient.shape) !== show(input.shape)) {
    throw new GradientError(
      `customGrad: the gradient by input ${position} must be ${show(input.shape)}, got ${show(gradient.shape)}`,
    );
  }
}

/** A tape that keeps no steps: it finds out which tracked tensors a function uses from around it. */
class Discovery extends Tape {
  readonly found: Set<Tensor> = new Set();
  readonly #tapes: readonly Tape[];

  constructor(tapes: readonly Tape[]) {
    super([]);
    this.#tapes = tapes;
  }

  override record(_output: Tensor, inputs: readonly Tensor[]): void {
    for (const t of inputs) if (this.tracks(t)) this.found.add(t);
  }

  /** So that a checkpoint inside a checkpoint finds the same. */
  override tracks(t: Tensor): boolean {
    return this.#tapes.some((tape) => tape.tracks(t));
  }

  override pins(): boolean {
    return false;
  }
}

/**
 * Computes `f` without keeping its intermediate results for the backward pass, which computes them again:
 * less memory for one more forward pass. Gradients flow to the tensors that `f` uses from around it too.
 * @param options.rng a generator that `f` draws from: the second pass draws the same numbers
 */
export function checkpoint<A extends readonly unknown[]>(
  f: (...inputs: A) => Tensor,
  { rng }: { rng?: Rng | undefined } = {},
): (...inputs: A) => Tensor {
  return (...inputs) => {
    const { tapes } = state;
    if (tapes.length === 0) return f(...inputs);
    const place = rng?.state;
    const discovery = new Discovery(tapes);
    const output = syncScope(() => withTapes([discovery], () => f(...inputs)));
    const used = [...discovery.found];
    record(output, used, (dy) => {
      const now = rng?.state;
      if (rng && place) rng.state = place;
      const gradients = pullback(() => f(...inputs), used, dy);
      if (rng && now) rng.state = now;
      return gradients;
    });
    return output;
  };
}
