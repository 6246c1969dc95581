/** Differentiation as a function of a function. */
import { GradientError, isFloat, ShapeError } from '@saccade/kernels';
import { requireFunction } from './arguments.js';
import { backward } from './backward.js';
import { full, zerosLike } from './create.js';
import { alias, deviceOf } from './engine.js';
import { reshape } from './ops/reshape.js';
import { syncScope } from './scope.js';
import { show } from './shape.js';
import { currentScope, state } from './state.js';
import { Tape, withTapes } from './tape.js';
import { isTensor, type Tensor } from './tensor.js';
import { mapTree, tensorsOf } from './tree.js';

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
    deviceOf('grad', t);
    if (!isFloat(t.dtype)) {
      throw new GradientError(`grad: cannot differentiate by a tensor of ${t.dtype}, ${show(t.shape)}`);
    }
  }
}

/** The tensors that `mapTree` would replace. @throws {GradientError} if the parameters hold some where it cannot */
function targetsIn(parameters: unknown): Tensor[] {
  const targets: Tensor[] = [];
  mapTree(parameters, (t) => {
    targets.push(t);
    return t;
  });
  const found = new Set(targets);
  if (tensorsOf(parameters).some((t) => !found.has(t))) {
    throw new GradientError(
      'grad: parameters must be tensors in arrays, plain objects and maps; those of a class instance have to be listed',
    );
  }
  return targets;
}

/** Hands out each gradient under a name of its own, so that disposing one leaves the others and the inputs alone. */
function separate(gradients: readonly Tensor[]): Tensor[] {
  const scope = currentScope();
  const given = new Set<Tensor>();
  return gradients.map((g) => {
    const own = given.has(g) || g.scope !== scope ? reshape(g, g.shape) : g;
    given.add(g);
    return own;
  });
}

/**
 * Calls `f` and returns what it gave with the gradient of its loss by `parameters`, in their structure. `f` takes nothing:
 * it uses the parameters from around it, as a model does. Tensors that the loss does not depend on get zeros.
 * All other tensors made inside are freed.
 * @throws {ShapeError} unless the loss (the value, or the first of an array) has one element @throws {GradientError}
 */
export function valueAndGradOf<P, R>(parameters: P, f: () => R): [value: R, gradient: P] {
  requireFunction('valueAndGradOf', f);
  const targets = targetsIn(parameters);
  checkTargets(targets);
  return syncScope(() => {
    const tape = new Tape(targets);
    try {
      const value = withTapes([...state.tapes, tape], f);
      refusePromise(value);
      const loss = lossOf(value);
      const seed = full(loss.shape, 1, { dtype: loss.dtype, device: loss.device });
      const distinct = [...new Set(targets)];
      const gradients = separate(
        backward(tape, [loss], [seed], distinct).map((g, i) => g ?? zerosLike(distinct[i] as Tensor)),
      );
      const of = new Map(distinct.map((t, i) => [t, gradients[i]]));
      return [value, mapTree(parameters, (t) => of.get(t) as Tensor)] as [R, P];
    } finally {
      tape.end();
    }
  });
}

function refusePromise(value: unknown): void {
  if (typeof (value as PromiseLike<unknown> | undefined)?.then !== 'function') return;
  // What it still does comes to nothing: its tensors are gone.
  (value as PromiseLike<unknown>).then(undefined, () => {});
  throw new GradientError('grad: the function must be synchronous; await data before, and call grad with it');
}

/**
 * A function that returns the value of `f` and its gradient by the first argument: a tensor, or arrays and objects of
 * them. `f` returns its loss, or an array that begins with it and may go on with whatever else is of use.
 * Nests: the gradient of a gradient is the second derivative.
 * @throws {OptionError} unless `f` is a function; what it returns throws as `valueAndGradOf`
 */
export function valueAndGrad<P, A extends unknown[], R>(
  f: (parameters: P, ...rest: A) => R,
): (parameters: P, ...rest: A) => [value: R, gradient: P] {
  requireFunction('valueAndGrad', f);
  return (parameters, ...rest) => valueAndGradOf(parameters, () => f(parameters, ...rest));
}

/** A function that returns the gradient of `f` by its first argument. @throws as `valueAndGrad` */
export function grad<P, A extends unknown[]>(
  f: (parameters: P, ...rest: A) => unknown,
): (parameters: P, ...rest: A) => P {
  requireFunction('grad', f);
  return (parameters, ...rest) => syncScope(() => valueAndGradOf(parameters, () => f(parameters, ...rest))[1]);
}

/** The same values, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  deviceOf('stopGradient', x);
  return alias('stopGradient', x, x.shape);
}
