/** Order along an axis: the k best, sorting, and the positions that sort. */
import { isFloat, OptionError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { requireType } from '../require-type.js';
import { syncScope } from '../scope.js';
import { checkAxis, type Shape, sizeOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { scatterAddAlong } from './indexing.js';
import { swapAxes } from './layout.js';

/** Values and where along the axis they stood (int32). */
export interface Ordered {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** Runs `body` with the axis last, and moves it back. */
function onLastAxis(x: Tensor<Shape>, axis: number, body: (x: Tensor) => Ordered): Ordered {
  if (axis === x.rank - 1) return body(x);
  return syncScope(() => {
    const { values, indices } = body(swapAxes(x, axis, -1));
    return { values: swapAxes(values, axis, -1), indices: swapAxes(indices, axis, -1) };
  });
}

function recordOrder(x: Tensor, { values, indices }: Ordered): Ordered {
  if (isFloat(x.dtype)) record(values, [x], [(g) => scatterAddAlong(x.shape, indices, g)], [indices]);
  return { values, indices };
}

/** Which ones to take. */
export interface TopkOptions {
  /** Default the last. */
  readonly axis?: number | undefined;
  /** false takes the smallest. Default true. */
  readonly largest?: boolean | undefined;
}

/**
 * The `k` largest (or smallest) along an axis (default the last), best first: values and indices in the shape of `x` with
 * extent k there. Ties keep the lower position first; NaN counts as the largest. Gradients flow to the chosen elements.
 * @throws {OptionError} unless 1 <= k <= extent, and for an axis out of range @throws {DTypeError} for bool and uint8
 */
export function topk(x: Tensor<Shape>, k: number, options: TopkOptions = {}): Ordered {
  const { axis = -1, largest = true } = checkOptions('topk', options, ['axis', 'largest']);
  deviceOf('topk', x);
  const at = checkAxis('topk', axis, x.rank);
  const extent = x.shape[at] as number;
  requireType('topk', 'x', x, 'float32', 'float64', 'int32');
  if (!Number.isInteger(k) || k < 1 || k > extent) {
    throw new OptionError(`topk: k must be an integer in [1, ${extent}], got ${k}`);
  }
  return onLastAxis(x, at, (t) => {
    const device = deviceOf('topk', t);
    const shape = [...t.shape.slice(0, -1), k];
    const values = empty(device, t.dtype, shape);
    const indices = empty(device, 'int32', shape);
    const rows = sizeOf(t.shape, 0, t.rank - 1);
    const [v, i] = [bufferOf('topk', values), bufferOf('topk', indices)];
    device.kernels.topk(bufferOf('topk', t), v, i, rows, extent, k, largest);
    return recordOrder(t, { values, indices });
  });
}

/** How to sort. */
export interface SortOptions {
  /** Default the last. */
  readonly axis?: number | undefined;
  /** Default false. */
  readonly descending?: boolean | undefined;
}

/**
 * Values sorted along an axis (default the last) and the positions they came from, both in the shape of `x`; stable, NaN
 * counts as the largest. @throws {OptionError} for an axis out of range @throws {DTypeError} for bool and uint8
 */
export function sort(x: Tensor<Shape>, options: SortOptions = {}): Ordered {
  return sorted('sort', x, options);
}

function sorted(op: string, x: Tensor<Shape>, options: SortOptions): Ordered {
  const { axis = -1, descending = false } = checkOptions(op, options, ['axis', 'descending']);
  const device = deviceOf(op, x);
  requireType(op, 'x', x, 'float32', 'float64', 'int32');
  return onLastAxis(x, checkAxis(op, axis, x.rank), (t) => {
    const values = empty(device, t.dtype, t.shape);
    const indices = empty(device, 'int32', t.shape);
    const size = t.shape[t.rank - 1] as number;
    const rows = sizeOf(t.shape, 0, t.rank - 1);
    const [v, i] = [bufferOf(op, values), bufferOf(op, indices)];
    device.kernels.sort(bufferOf(op, t), v, i, rows, size, descending);
    return recordOrder(t, { values, indices });
  });
}

/** The positions (int32) that sort `x` along an axis (default the last), in the shape of `x`; stable. @throws as `sort` */
export function argsort(x: Tensor<Shape>, options: SortOptions = {}): Tensor {
  return syncScope(() => sorted('argsort', x, options).indices);
}
