/** Choice between two operands by a condition, and limits. */
import { isFloat, OptionError } from '@saccade/kernels';
import { bufferOf, deviceOf, drop, empty, promote, requireOn } from '../engine.js';
import { requireType } from '../require-type.js';
import { broadcastShapes, broadcastStrides, type Shape, sameShape } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { type Operand, sumLike } from './binary.js';
import { cast } from './cast.js';
import { greaterEqual, lessEqual, lift, logicalAnd } from './compare.js';

/**
 * condition ? a : b, element by element, all three broadcast. The gradient goes to the side that was chosen, the other
 * gets 0. (What computed the other side still multiplies that 0 by its own derivative: keep that finite.)
 * @throws {DTypeError} unless `condition` is bool or uint8
 */
export function where(condition: Tensor<Shape>, a: Operand, b: Operand): Tensor {
  const device = deviceOf('where', condition);
  if (typeof a !== 'number') requireOn('where', device, a);
  if (typeof b !== 'number') requireOn('where', device, b);
  requireType('where', 'condition', condition, 'bool', 'uint8');
  const like = typeof a !== 'number' ? a : typeof b !== 'number' ? b : undefined;
  const shapeOf = (operand: Operand): Shape => (typeof operand === 'number' ? [] : operand.shape);
  // Before anything is made that nobody would free.
  const shape = broadcastShapes('where', broadcastShapes('where', shapeOf(a), shapeOf(b)), condition.shape);
  const left = lift(a, like ?? condition);
  const right = lift(b, like ?? condition);
  const dtype = promote(left.dtype, right.dtype);
  const x = cast(left, dtype);
  const y = cast(right, dtype);
  const same = sameShape(condition.shape, shape) && sameShape(x.shape, shape) && sameShape(y.shape, shape);
  const out = empty(device, dtype, shape);
  device.kernels.where(
    bufferOf('where', condition),
    bufferOf('where', x),
    bufferOf('where', y),
    bufferOf('where', out),
    same ? undefined : { shape, strides: [condition, x, y].map((t) => broadcastStrides(t.shape, shape)) },
  );
  if (isFloat(dtype)) {
    const rules = [
      (g: Tensor) => sumLike(where(condition, g, 0), x),
      (g: Tensor) => sumLike(where(condition, 0, g), y),
    ];
    record(out, [x, y], rules, [condition]);
  }
  drop(x, left);
  drop(y, right);
  drop(left, a);
  drop(right, b);
  return out;
}

/**
 * min(max(x, low), high). The gradient is 1 where low <= x <= high, else 0. NaN stays.
 * @throws {OptionError} if low > high or one is NaN
 */
export function clip<S extends Shape>(x: Tensor<S>, low: number, high: number): Tensor<S> {
  if (!(low <= high)) throw new OptionError(`clip: low must not exceed high, got ${low} and ${high}`);
  const device = deviceOf('clip', x);
  const y = empty(device, x.dtype, x.shape);
  device.kernels.clip(bufferOf('clip', x), bufferOf('clip', y), low, high);
  if (isFloat(x.dtype)) {
    record(y, [x], [(g) => where(logicalAnd(greaterEqual(x, low), lessEqual(x, high)), g, 0)]);
  }
  return y;
}
