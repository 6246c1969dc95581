/** Conversion between element types. */
import { type DType, isFloat } from '@saccade/kernels';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { requireSupport } from '../require-type.js';
import type { Shape } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';

/**
 * The values in another element type. Float to int32 truncates towards zero and saturates, NaN becomes 0; to uint8
 * saturates; to bool is x != 0. Gradients pass between floats. Casting to the same type returns `x` itself.
 * @throws {DTypeError} for an unknown type, or one that the device lacks (float64 on GPUs)
 */
export function cast<S extends Shape>(x: Tensor<S>, dtype: DType): Tensor<S> {
  const device = deviceOf('cast', x);
  if (x.dtype === dtype) return x;
  requireSupport('cast', device, dtype);
  const y = empty(device, dtype, x.shape);
  device.kernels.cast(bufferOf('cast', x), bufferOf('cast', y), dtype);
  if (isFloat(dtype) && isFloat(x.dtype)) {
    record(y, [x], [(dy) => cast(dy, x.dtype)]);
  }
  return y;
}
