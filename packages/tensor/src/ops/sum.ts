/** Sums over axes, and their adjoint: broadcasting. */
import { DTypeError, isFloat, type ReduceOp, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, drop, empty } from '../engine.js';
import { syncScope } from '../scope.js';
import {
  alongAxes,
  broadcastStrides,
  broadcastsTo,
  checkAxes,
  checkShape,
  type Shape,
  sameShape,
  show,
  stridesOf,
} from '../shape.js';
import { record } from '../tape.js';
import { release, type Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { reshape } from './reshape.js';

/** Which axes to fold (default all; negative ones count from the back) and whether they stay with extent 1. */
export interface ReduceOptions {
  readonly axis?: number | readonly number[] | undefined;
  /** Default false. */
  readonly keepDims?: boolean | undefined;
}

/** The names of these options. */
export const reduceNames = ['axis', 'keepDims'] as const;

/** Shape after folding `axes`, with extent 1 in their place. */
export function foldedShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
}

/** Shape after folding `axes`: without them, or with extent 1 in their place. */
export function resultShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims ? foldedShape(shape, axes) : shape.filter((_, i) => !axes.includes(i));
}

/**
 * Folds `axes` (ascending) by a kernel, one run of neighbouring axes a pass, last first, into a result of shape
 * `out`. Records nothing.
 */
export function foldAxes(name: string, op: ReduceOp, x: Tensor<Shape>, axes: readonly number[], out: Shape): Tensor {
  const device = deviceOf(name, x);
  const shape = [...x.shape];
  let current: Tensor = x;
  let end = axes.length;
  do {
    let start = Math.max(0, end - 1);
    while (start > 0 && axes[start - 1] === (axes[start] as number) - 1) start--;
    const first = axes[start] ?? 0;
    const last = axes[end - 1] ?? -1;
    const axis = alongAxes(shape, first, last + 1);
    for (let i = first; i <= last; i++) shape[i] = 1;
    const y = empty(device, x.dtype, start > 0 ? [...shape] : out);
    device.kernels.reduce(op, bufferOf(name, current), bufferOf(name, y), axis);
    if (current !== x) release(current);
    current = y;
    end = start;
  } while (end > 0);
  return current;
}

/**
 * Sum over axes. bool and uint8 are counted in int32. Gradient: the upstream gradient, repeated.
 * @throws {OptionError} for an axis out of range or given twice
 */
export function sum(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  const { axis, keepDims = false } = checkOptions('sum', options, reduceNames);
  deviceOf('sum', x);
  if (x.dtype === 'bool' || x.dtype === 'uint8') return syncScope(() => sum(cast(x, 'int32'), { axis, keepDims }));
  return sumOver(x, checkAxes('sum', axis, x.rank), keepDims);
}

/** The same over checked axes, ascending, of anything but bool and uint8: what other operations sum with. */
function sumOver(x: Tensor<Shape>, axes: readonly number[], keepDims: boolean): Tensor {
  const y = foldAxes('sum', 'sum', x, axes, resultShape(x.shape, axes, keepDims));
  if (isFloat(x.dtype)) {
    record(y, [x], [(dy) => broadcastTo(reshape(dy, foldedShape(x.shape, axes)), x.shape)]);
  }
  return y;
}

/**
 * Repeats axes of extent 1 (and missing leading ones) up to `shape`. Gradient: sums over the repeated axes.
 * @throws {ShapeError} if the shapes do not fit
 */
export function broadcastTo<const S extends Shape>(x: Tensor<Shape>, shape: S): Tensor<S> {
  const device = deviceOf('broadcastTo', x);
  checkShape('broadcastTo', shape);
  if (!broadcastsTo(x.shape, shape))
    throw new ShapeError(`broadcastTo: ${show(x.shape)} does not broadcast to ${show(shape)}`);
  if (sameShape(x.shape, shape)) return reshape(x, shape) as unknown as Tensor<S>;
  const y = empty(device, x.dtype, shape);
  device.kernels.copy(bufferOf('broadcastTo', x), bufferOf('broadcastTo', y), {
    shape,
    xStrides: broadcastStrides(x.shape, shape),
    xOffset: 0,
    outStrides: stridesOf(shape),
    outOffset: 0,
  });
  record(y, [x], [(dy) => sumTo(dy, x.shape)]);
  return y;
}

/**
 * Sums `x` down to a shape that broadcasts to its own: the adjoint of broadcasting. Gives `x` itself if it has that shape.
 * @throws {ShapeError} if the shapes do not fit
 */
export function sumTo(x: Tensor<Shape>, shape: Shape): Tensor {
  deviceOf('sumTo', x);
  if (sameShape(x.shape, shape)) return x;
  if (!isFloat(x.dtype)) throw new DTypeError(`sumTo: expected floats, got ${x.dtype}`);
  if (!broadcastsTo(shape, x.shape)) {
    throw new ShapeError(`sumTo: ${show(shape)} does not broadcast to ${show(x.shape)}`);
  }
  const lead = x.rank - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < x.rank; i++) {
    if (i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1)) axes.push(i);
  }
  if (axes.length === 0) return reshape(x, shape);
  const folded = sum(x, { axis: axes });
  const y = reshape(folded, shape);
  drop(folded);
  return y;
}
