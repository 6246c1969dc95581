/** Comparisons and logic: bool tensors, no gradients. */
import { type CompareOp, isFloat, type TestOp } from '@saccade/kernels';
import { bufferOf, deviceOf, drop, empty, promote } from '../engine.js';
import type { Shape } from '../shape.js';
import { Storage, Tensor } from '../tensor.js';
import { broadcastPair, type Operand } from './binary.js';
import { cast } from './cast.js';

/** A number as a tensor without axes, of the type in which it meets `other`. */
export function lift(value: Operand, other: Tensor<Shape>): Tensor<Shape> {
  if (typeof value !== 'number') return value;
  const { device } = other;
  const whole = (value | 0) === value;
  const dtype = isFloat(other.dtype) ? other.dtype : whole ? 'int32' : 'float32';
  const buffer = device.allocate(dtype, 1);
  device.kernels.fill(buffer, value);
  return new Tensor(new Storage(device, buffer), [], dtype);
}

function compare(op: CompareOp, left: Tensor<Shape>, b: Operand, name: string = op): Tensor {
  deviceOf(name, left);
  const right = lift(b, left);
  const device = deviceOf(name, left, right);
  const logic = op === 'and' || op === 'or' || op === 'xor';
  const dtype = logic ? 'bool' : promote(left.dtype, right.dtype);
  const x = cast(left, dtype);
  const y = cast(right, dtype);
  const { shape, broadcast } = broadcastPair(name, x.shape, y.shape);
  const out = empty(device, 'bool', shape);
  device.kernels.compare(op, bufferOf(name, x), bufferOf(name, y), bufferOf(name, out), broadcast);
  drop(x, left);
  drop(y, right);
  drop(right, b);
  return out;
}

/** a == b; NaN equals nothing. @throws {ShapeError} if the shapes do not broadcast */
export function equal(a: Tensor<Shape>, b: Operand): Tensor {
  return compare('equal', a, b);
}

/** a != b. @throws {ShapeError} if the shapes do not broadcast */
export function notEqual(a: Tensor<Shape>, b: Operand): Tensor {
  return compare('notEqual', a, b);
}

/** a < b. @throws {ShapeError} if the shapes do not broadcast */
export function less(a: Tensor<Shape>, b: Operand): Tensor {
  return compare('less', a, b);
}

/** a <= b. @throws {ShapeError} if the shapes do not broadcast */
export function lessEqual(a: Tensor<Shape>, b: Operand): Tensor {
  return compare('lessEqual', a, b);
}

/** a > b. @throws {ShapeError} if the shapes do not broadcast */
export function greater(a: Tensor<Shape>, b: Operand): Tensor {
  return compare('greater', a, b);
}

/** a >= b. @throws {ShapeError} if the shapes do not broadcast */
export function greaterEqual(a: Tensor<Shape>, b: Operand): Tensor {
  return compare('greaterEqual', a, b);
}

/** Both are not 0. @throws {ShapeError} if the shapes do not broadcast */
export function logicalAnd(a: Tensor<Shape>, b: Tensor<Shape>): Tensor {
  return compare('and', a, b, 'logicalAnd');
}

/** At least one is not 0. @throws {ShapeError} if the shapes do not broadcast */
export function logicalOr(a: Tensor<Shape>, b: Tensor<Shape>): Tensor {
  return compare('or', a, b, 'logicalOr');
}

/** Exactly one is not 0. @throws {ShapeError} if the shapes do not broadcast */
export function logicalXor(a: Tensor<Shape>, b: Tensor<Shape>): Tensor {
  return compare('xor', a, b, 'logicalXor');
}

function testElements<S extends Shape>(name: string, op: TestOp, x: Tensor<S>): Tensor<S> {
  const device = deviceOf(name, x);
  const out = empty(device, 'bool', x.shape);
  device.kernels.test(op, bufferOf(name, x), bufferOf(name, out));
  return out;
}

/** x is 0 (false). */
export function logicalNot<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return testElements('logicalNot', 'not', x);
}

/** x is NaN. */
export function isnan<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return testElements('isnan', 'isNaN', x);
}

/** x is neither NaN nor infinite. */
export function isfinite<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return testElements('isfinite', 'isFinite', x);
}
