/** Operations that move values: transpositions and shifts. All are strided copies. */
import { OptionError } from '@saccade/kernels';
import { quote } from '../arguments.js';
import { deviceOf } from '../engine.js';
import { syncScope } from '../scope.js';
import { checkAxis, countTo, type Shape, stridesOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { concat } from './concat.js';
import { sliceAlong } from './slice.js';
import { copyView } from './strided-copy.js';

/**
 * Axes in another order: axis i of the result is axis `order[i]` of `x`. Default: all reversed.
 * @throws {OptionError} unless `order` names every axis once
 */
export function transpose(x: Tensor<Shape>, order?: readonly number[]): Tensor {
  deviceOf('transpose', x);
  const { rank } = x;
  if (order !== undefined && !Array.isArray(order)) {
    throw new OptionError(`transpose: order must be an array of ${rank} axes, got ${quote(order)}`);
  }
  const axes = order === undefined ? countTo(rank).reverse() : order.map((a) => checkAxis('transpose', a, rank));
  const inverse = new Array<number>(rank).fill(-1);
  for (let i = 0; i < axes.length; i++) inverse[axes[i] as number] = i;
  if (axes.length !== rank || inverse.includes(-1)) {
    throw new OptionError(`transpose: order must name each of ${rank} axes once, got [${order}]`);
  }
  return transposeBy(x, axes, inverse);
}

/** The same by a checked order and its inverse. */
function transposeBy(x: Tensor<Shape>, axes: readonly number[], inverse: readonly number[]): Tensor {
  const strides = stridesOf(x.shape);
  const shape = axes.map((a) => x.shape[a] as number);
  const xStrides = axes.map((a) => strides[a] as number);
  const layout = { shape, xStrides, xOffset: 0, outStrides: stridesOf(shape), outOffset: 0 };
  const y = copyView('transpose', x, shape, layout);
  record(y, [x], [(g) => transposeBy(g, inverse, axes)]);
  return y;
}

/** Exchanges two axes. @throws {OptionError} for one out of range */
export function swapAxes(x: Tensor<Shape>, a: number, b: number): Tensor {
  deviceOf('swapAxes', x);
  const order = countTo(x.rank);
  const i = checkAxis('swapAxes', a, x.rank);
  const j = checkAxis('swapAxes', b, x.rank);
  order[i] = j;
  order[j] = i;
  return transposeBy(x, order, order);
}

/** Shifts values along an axis by `shift`; what leaves at one end enters at the other. Default axis: the last. @throws {OptionError} for a shift or axis that is no integer in range */
export function roll<S extends Shape>(x: Tensor<S>, shift: number, axis = -1): Tensor<S> {
  deviceOf('roll', x);
  if (!Number.isInteger(shift)) throw new OptionError(`roll: shift must be an integer, got ${shift}`);
  const at = checkAxis('roll', axis, x.rank);
  const extent = x.shape[at] as number;
  const cut = extent === 0 ? 0 : ((-shift % extent) + extent) % extent;
  const window = (from: number, length: number): Tensor => sliceAlong('roll', x, at, from, length);
  return syncScope(() => concat([window(cut, extent - cut), window(0, cut)], at)) as unknown as Tensor<S>;
}
