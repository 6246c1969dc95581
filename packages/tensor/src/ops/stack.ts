/** Joins along a new axis, and takes one apart. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { quote, requireList } from '../arguments.js';
import { deviceOf, requireSameType } from '../engine.js';
import { syncScope } from '../scope.js';
import { checkAxis, type Shape, sameShape, show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { concat, split } from './layout.js';
import { reshape, squeeze } from './reshape.js';

/** Joins tensors of one shape along a new axis at position `axis` of the result. @throws {ShapeError} if shapes differ */
export function stack(tensors: readonly Tensor<Shape>[], axis = 0): Tensor {
  requireList('stack', tensors);
  const first = tensors[0] as Tensor<Shape>;
  deviceOf('stack', first, ...tensors);
  requireSameType('stack', first, ...tensors);
  const at = checkAxis('stack', axis, first.rank + 1);
  for (const t of tensors) {
    if (!sameShape(t.shape, first.shape)) {
      throw new ShapeError(`stack: shapes ${show(first.shape)} and ${show(t.shape)} differ`);
    }
  }
  const shape = [...first.shape.slice(0, at), 1, ...first.shape.slice(at)];
  return syncScope(() =>
    concat(
      tensors.map((t) => reshape(t, shape)),
      at,
    ),
  );
}

/** The slices along an axis (default the first), without it. @throws {OptionError} for an axis out of range */
export function unstack(x: Tensor<Shape>, axis = 0): Tensor[] {
  deviceOf('unstack', x);
  const at = checkAxis('unstack', axis, x.rank);
  return syncScope(() => split(x, x.shape[at] as number, at).map((part) => squeeze(part, at)));
}

/** Repeats `x` `times[i]` times along axis i. @throws {OptionError} unless `times` has a whole number from 1 for each axis */
export function tile(x: Tensor<Shape>, times: readonly number[]): Tensor {
  deviceOf('tile', x);
  if (!Array.isArray(times) || times.length !== x.rank || !times.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new OptionError(`tile: expected ${x.rank} whole numbers from 1, got ${quote(times)}`);
  }
  const repeat = (t: Tensor, n: number, axis: number): Tensor =>
    n === 1 ? t : concat(new Array<Tensor>(n).fill(t), axis);
  return syncScope(() => times.reduce(repeat, reshape(x, x.shape)));
}
