/** What all operations on two operands share: element types, broadcasting, numbers as operands, recording. */
import { type BinaryOp, type Broadcast, type DType, isFloat, OptionError } from '@saccade/kernels';
import { bufferOf, deviceOf, drop, empty, promote } from '../engine.js';
import { broadcastShapes, broadcastStrides, type Shape, sameShape } from '../shape.js';
import { type PartialRule, record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { sumTo } from './sum.js';

/** A tensor, or a number that stands for a tensor full of it. */
export type Operand = Tensor<Shape> | number;

/** The gradient rules of an operation on `a` and `b` with result `out`. */
export type BinaryRules = (a: Operand, b: Operand, out: Tensor) => readonly [PartialRule, PartialRule];

/** Sums a gradient down to the shape of the operand that it belongs to. */
export function sumLike(gradient: Tensor, operand: Operand): Tensor {
  return typeof operand === 'number' ? gradient : sumTo(gradient, operand.shape);
}

/** How two shapes are read side by side; undefined where no broadcasting is needed. */
export function broadcastPair(op: string, a: Shape, b: Shape): { shape: Shape; broadcast: Broadcast | undefined } {
  if (sameShape(a, b)) return { shape: a, broadcast: undefined };
  const shape = broadcastShapes(op, a, b);
  return {
    shape,
    broadcast: { shape, strides: [broadcastStrides(a, shape), broadcastStrides(b, shape)] },
  };
}

/** The type to compute in: at least int32, a float if asked for or if a number is no whole int32. */
function workingType(a: DType, b: DType | number, float: boolean): DType {
  const type = typeof b === 'number' ? a : promote(a, b);
  if (isFloat(type)) return type;
  const fractional = typeof b === 'number' && (b | 0) !== b;
  return float || fractional ? 'float32' : 'int32';
}

/** op(x, y) of floats of one type, broadcast, without a record. */
export function pairElements(op: BinaryOp, x: Tensor, y: Tensor): Tensor {
  const { shape, broadcast } = broadcastPair(op, x.shape, y.shape);
  const device = deviceOf(op, x, y);
  const out = empty(device, x.dtype, shape);
  device.kernels.binary(op, bufferOf(op, x), bufferOf(op, y), bufferOf(op, out), broadcast);
  return out;
}

/** Runs a binary kernel and records it. `float` asks for floats even from whole numbers. @throws {ShapeError} @throws {DTypeError} */
export function binary(op: BinaryOp, a: Operand, b: Operand, rules: BinaryRules, float = false): Tensor {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw new OptionError(`${op}: at least one operand must be a tensor`);
    return withScalar(op, b, a, true, rules, float);
  }
  if (typeof b === 'number') return withScalar(op, a, b, false, rules, float);
  deviceOf(op, a, b);
  const dtype = workingType(a.dtype, b.dtype, float);
  const x = cast(a, dtype);
  const y = cast(b, dtype);
  const out = pairElements(op, x, y);
  if (recording() && isFloat(dtype)) record(out, [x, y], rules(x, y, out));
  drop(x, a);
  drop(y, b);
  return out;
}

function withScalar(
  op: BinaryOp,
  t: Tensor<Shape>,
  scalar: number,
  swap: boolean,
  rules: BinaryRules,
  float: boolean,
): Tensor {
  const device = deviceOf(op, t);
  const dtype = workingType(t.dtype, scalar, float);
  const x = cast(t, dtype);
  const out = empty(device, dtype, x.shape);
  device.kernels.binaryScalar(op, bufferOf(op, x), scalar, bufferOf(op, out), swap);
  if (recording() && isFloat(dtype)) {
    const rule = swap ? rules(scalar, x, out)[1] : rules(x, scalar, out)[0];
    record(out, [x], [rule]);
  }
  drop(x, t);
  return out;
}
