/** Runs a kernel of one operand, element by element; the operations above it add names and gradients. */
import { DTypeError, isFloat, type UnaryOp } from '@saccade/kernels';
import { bufferOf, deviceOf, drop, empty } from '../engine.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';

const onIntegers: ReadonlySet<UnaryOp> = new Set(['neg', 'abs', 'sign', 'square']);

/** op(x) without a record. int32 stays for neg, abs, sign and square; elsewhere whole numbers become float32. */
export function mapElements<S extends Shape>(op: UnaryOp, x: Tensor<S>, name: string = op): Tensor<S> {
  const device = deviceOf(name, x);
  if (x.dtype === 'bool') throw new DTypeError(`${name}: expected numbers, got bool; use cast(x, 'float32')`);
  const keeps = isFloat(x.dtype) || onIntegers.has(op);
  const input = cast(x, keeps ? (x.dtype === 'uint8' ? 'int32' : x.dtype) : 'float32');
  const y = empty(device, input.dtype, x.shape);
  device.kernels.unary(op, bufferOf(name, input), bufferOf(name, y));
  drop(input, x);
  return y;
}
