/** Joins tensors along an axis, old or new, and takes them apart again. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { quote, requireList } from '../arguments.js';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { requireSameType } from '../require-type.js';
import { syncScope } from '../scope.js';
import { alongAxes, checkAxis, type Shape, sameBeside, sameShape, show, sizeOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { reshape, squeeze } from './reshape.js';
import { sliceAlong, withExtent } from './slice.js';

/** Copies tensors side by side: each gives `widths[i]` values to every one of `outer` rows of the result. Records nothing. */
function join(
  op: string,
  tensors: readonly Tensor<Shape>[],
  outer: number,
  widths: readonly number[],
  shape: Shape,
): Tensor {
  const first = tensors[0] as Tensor<Shape>;
  const device = deviceOf(op, first);
  const y = empty(device, first.dtype, shape);
  const row = y.size / Math.max(outer, 1);
  let outOffset = 0;
  for (let i = 0; i < tensors.length; i++) {
    const width = widths[i] as number;
    device.kernels.copy(bufferOf(op, tensors[i] as Tensor<Shape>), bufferOf(op, y), {
      shape: [outer, width],
      xStrides: [width, 1],
      xOffset: 0,
      outStrides: [row, 1],
      outOffset,
    });
    outOffset += width;
  }
  return y;
}

/** Joins tensors along an axis that exists, by default the first. @throws {ShapeError} unless all other extents agree @throws {DTypeError} unless of one type @throws {OptionError} for none, and an axis out of range */
export function concat(tensors: readonly Tensor<Shape>[], axis = 0): Tensor {
  requireList('concat', tensors);
  const first = tensors[0] as Tensor<Shape>;
  deviceOf('concat', first, ...tensors);
  requireSameType('concat', first, ...tensors);
  const at = checkAxis('concat', axis, first.rank);
  const { outer, inner } = alongAxes(first.shape, at);
  const widths: number[] = [];
  let total = 0;
  for (const t of tensors) {
    if (!sameBeside(t.shape, first.shape, at)) {
      throw new ShapeError(`concat: ${show(first.shape)} and ${show(t.shape)} differ beside axis ${at}`);
    }
    const extent = t.shape[at] as number;
    widths.push(extent * inner);
    total += extent;
  }
  const y = join('concat', tensors, outer, widths, withExtent(first.shape, at, total));
  const rule = (g: Tensor, needs: readonly boolean[]) => {
    let from = 0;
    return tensors.map((t, i) => {
      const start = from;
      from += t.shape[at] as number;
      return needs[i] ? sliceAlong('concat', g, at, start, t.shape[at] as number) : undefined;
    });
  };
  record(y, tensors, rule);
  return y;
}

/** Joins tensors of one shape along a new axis at position `axis` of the result, by default the first. @throws {ShapeError} if shapes differ @throws {DTypeError} unless of one type @throws {OptionError} for none, and an axis out of range */
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
  const shape = first.shape.slice();
  shape.splice(at, 0, tensors.length);
  const width = sizeOf(first.shape, at);
  const y = join('stack', tensors, sizeOf(first.shape, 0, at), new Array<number>(tensors.length).fill(width), shape);
  const rule = (g: Tensor, needs: readonly boolean[]) =>
    tensors.map((t, i) => (needs[i] ? reshape(sliceAlong('stack', g, at, i, 1), t.shape) : undefined));
  record(y, tensors, rule);
  return y;
}

function equalParts(count: number, extent: number): number[] {
  return Number.isSafeInteger(count) && count >= 0 && (count <= extent || extent === 0)
    ? new Array<number>(count).fill(extent / count)
    : [];
}

/** Parts of `x` along an axis, by default the first: so many equal ones, or parts of the given lengths. @throws {OptionError} if they do not fill the axis, and for one out of range */
export function split(x: Tensor<Shape>, parts: number | readonly number[], axis = 0): Tensor[] {
  deviceOf('split', x);
  const at = checkAxis('split', axis, x.rank);
  const extent = x.shape[at] as number;
  const count = typeof parts === 'number' ? parts : parts.length;
  const lengths = typeof parts === 'number' ? equalParts(parts, extent) : parts;
  const valid = Number.isSafeInteger(count) && count >= 0 && lengths.every((n) => Number.isInteger(n) && n >= 0);
  if (!valid || lengths.reduce((sum, n) => sum + n, 0) !== extent) {
    throw new OptionError(`split: ${quote(parts)} does not divide axis ${at} of ${show(x.shape)}`);
  }
  let from = 0;
  return lengths.map((length) => {
    const start = from;
    from += length;
    return sliceAlong('split', x, at, start, length);
  });
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
