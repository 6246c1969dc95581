/** Rows grouped into segments: sums, maxima and softmax of what graphs gather. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { bufferOf, deviceOf, empty, orFree } from '../engine.js';
import { requireFloat, requireType } from '../require-type.js';
import { type Shape, show, sizeOf } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { div, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { equal } from './compare.js';
import { gather } from './indexing.js';

function segmentSizes(op: string, x: Tensor<Shape>, ids: Tensor<Shape>, segments: number) {
  requireType(op, 'ids', ids, 'int32');
  if (x.rank < 1 || ids.rank !== 1 || ids.size !== x.shape[0]) {
    throw new ShapeError(`${op}: ids must be [${x.shape[0] ?? 'rows'}] for x ${show(x.shape)}, got ${show(ids.shape)}`);
  }
  if (!Number.isSafeInteger(segments) || segments < 0) {
    throw new OptionError(`${op}: segments must be a whole number from 0, got ${segments}`);
  }
  return { rows: ids.size, inner: sizeOf(x.shape, 1), segments };
}

function reduceSegments(
  op: 'sum' | 'max',
  name: string,
  x: Tensor<Shape>,
  ids: Tensor<Shape>,
  segments: number,
): Tensor {
  const device = deviceOf(name, x, ids);
  requireFloat(name, x);
  const sizes = segmentSizes(name, x, ids, segments);
  const y = empty(device, x.dtype, [segments, ...x.shape.slice(1)]);
  orFree(y, () => {
    device.kernels.segmentReduce(op, bufferOf(name, x), bufferOf(name, ids), bufferOf(name, y), sizes);
  });
  return y;
}

/**
 * y[s] = sum of the rows x[r] with ids[r] = s: x [rows, ...], ids int32 [rows], in any order -> [segments, ...]; 0 where there
 * are none.
 * @throws {IndexError} for an id outside [0, segments) (on CPU devices) @throws {ShapeError} unless ids is [rows]
 * @throws {DTypeError} unless x is of floats and ids int32 @throws {OptionError} unless `segments` is a whole number from 0
 */
export function segmentSum(x: Tensor<Shape>, ids: Tensor<Shape>, segments: number): Tensor {
  const y = reduceSegments('sum', 'segmentSum', x, ids, segments);
  record(y, [x], [(g) => gather(g, ids)], [ids]);
  return y;
}

/**
 * y[s] = largest of the rows x[r] with ids[r] = s: x [rows, ...], ids int32 [rows] -> [segments, ...]; -Infinity where there
 * are none. Ties share the gradient. @throws as `segmentSum`
 */
export function segmentMax(x: Tensor<Shape>, ids: Tensor<Shape>, segments: number): Tensor {
  const y = reduceSegments('max', 'segmentMax', x, ids, segments);
  record(
    y,
    [x],
    [
      (g) => {
        const attained = cast(equal(x, gather(y, ids)), x.dtype);
        const count = segmentSum(attained, ids, segments);
        return mul(attained, div(gather(g, ids), gather(count, ids)));
      },
    ],
    [ids],
  );
  return y;
}

/**
 * Softmax among the rows of each segment, for every channel on its own: x [rows, ...], ids int32 [rows] -> [rows, ...].
 * @throws as `segmentSum`
 */
export function segmentSoftmax<S extends Shape>(x: Tensor<S>, ids: Tensor<Shape>, segments: number): Tensor<S> {
  const op = 'segmentSoftmax';
  const device = deviceOf(op, x, ids);
  requireFloat(op, x);
  const sizes = segmentSizes(op, x, ids, segments);
  const y = empty(device, x.dtype, x.shape);
  orFree(y, () => device.kernels.segmentSoftmax(bufferOf(op, x), bufferOf(op, ids), bufferOf(op, y), sizes));
  record(
    y,
    [x],
    [
      (g) => {
        if (recording()) return mul(y, sub(g, gather(segmentSum(mul(y, g), ids, segments), ids)));
        const dx = empty(device, x.dtype, x.shape);
        device.kernels.segmentSoftmaxGrad(bufferOf(op, y), bufferOf(op, ids), bufferOf(op, g), bufferOf(op, dx), sizes);
        return dx;
      },
    ],
    [ids],
  );
  return y;
}
