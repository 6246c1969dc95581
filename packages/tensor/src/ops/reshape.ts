/** New shapes over the same values: no copy is made. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { quote } from '../arguments.js';
import { alias, deviceOf } from '../engine.js';
import { checkAxes, checkAxis, checkShape, type Shape, show, sizeOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';

/** The shape that the compiler knows: an extent of -1 is some number. */
export type Resolved<S extends Shape> = { readonly [I in keyof S]: S[I] extends -1 ? number : S[I] };

/** Resolves one -1 to the extent that is left. */
function resolve(shape: Shape, size: number): number[] {
  const open = shape.indexOf(-1);
  if (open < 0) return [...shape];
  const rest = shape.reduce((product, extent, i) => (i === open ? product : product * extent), 1);
  return shape.map((extent, i) => (i === open ? size / rest : extent));
}

/**
 * The same values, row-major, in another shape; one extent may be -1 and is then worked out.
 * @throws {ShapeError} if the number of elements differs
 */
export function reshape<const S extends Shape>(x: Tensor<Shape>, shape: S): Tensor<Resolved<S>> {
  deviceOf('reshape', x);
  if (!Array.isArray(shape)) throw new ShapeError(`reshape: a shape is an array of whole numbers, got ${quote(shape)}`);
  const full = resolve(shape, x.size);
  const fits = full.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!fits || sizeOf(full) !== x.size) {
    throw new ShapeError(`reshape: ${show(x.shape)} (${x.size} elements) does not fill ${show(shape)}`);
  }
  const y = alias('reshape', x, full as Shape as Resolved<S>);
  record(y, [x], [(dy) => reshape(dy, x.shape)]);
  return y;
}

/** Joins axes `start` to `end` (both included) into one. Defaults: all; a scalar becomes [1]. @throws {OptionError} for axes out of range or order */
export function flatten(x: Tensor<Shape>, start = 0, end = -1): Tensor {
  deviceOf('flatten', x);
  if (x.rank === 0) return reshape(x, [1]);
  const from = checkAxis('flatten', start, x.rank);
  const to = checkAxis('flatten', end, x.rank);
  if (to < from) throw new OptionError(`flatten: start ${start} lies behind end ${end}`);
  const middle = sizeOf(x.shape, from, to + 1);
  return reshape(x, [...x.shape.slice(0, from), middle, ...x.shape.slice(to + 1)]);
}

/** Drops axes of extent 1: the given ones, or all. @throws {ShapeError} if a given axis has another extent */
export function squeeze(x: Tensor<Shape>, axes?: number | readonly number[]): Tensor {
  deviceOf('squeeze', x);
  if (axes === undefined)
    return reshape(
      x,
      x.shape.filter((extent) => extent !== 1),
    );
  const dropped = checkAxes('squeeze', axes, x.rank);
  for (const axis of dropped) {
    if (x.shape[axis] !== 1) {
      throw new ShapeError(`squeeze: axis ${axis} of ${show(x.shape)} has not extent 1`);
    }
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !dropped.includes(i)),
  );
}

/** Inserts an axis of extent 1 at position `axis` of the result. @throws {OptionError} for an axis out of range */
export function expandDims(x: Tensor<Shape>, axis: number): Tensor {
  deviceOf('expandDims', x);
  const at = checkAxis('expandDims', axis, x.rank + 1);
  const shape = [...x.shape];
  shape.splice(at, 0, 1);
  checkShape('expandDims', shape);
  return reshape(x, shape);
}
