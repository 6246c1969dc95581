/** Joins along a new axis, and takes one apart. */
import { OptionError } from '@saccade/kernels';
import { checkAxis, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { concat, split } from './layout.js';
import { expandDims, squeeze } from './reshape.js';

/** Joins tensors of one shape along a new axis at position `axis` of the result. @throws {ShapeError} if shapes differ */
export function stack(tensors: readonly Tensor<Shape>[], axis = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new OptionError('stack: expected at least one tensor');
  const at = checkAxis('stack', axis, first.rank + 1);
  return concat(
    tensors.map((t) => expandDims(t, at)),
    at,
  );
}

/** The slices along an axis, without it. */
export function unstack(x: Tensor<Shape>, axis = 0): Tensor[] {
  const at = checkAxis('unstack', axis, x.rank);
  return split(x, x.shape[at] as number, at).map((part) => squeeze(part, at));
}

/** Repeats `x` `times[i]` times along axis i. */
export function tile(x: Tensor<Shape>, times: readonly number[]): Tensor {
  if (times.length !== x.rank || !times.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new OptionError(`tile: expected ${x.rank} whole numbers from 1, got [${times}]`);
  }
  return times.reduce<Tensor>((t, n, axis) => (n === 1 ? t : concat(new Array<Tensor>(n).fill(t), axis)), x as Tensor);
}
