/** Running sums along an axis. */
import { isFloat } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { requireType } from '../require-type.js';
import { alongAxes, checkAxis, type Shape } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';

/** How to run along an axis. */
export interface CumsumOptions {
  /** Default the last. */
  readonly axis?: number | undefined;
  /** Leaves the element itself out. Default false. */
  readonly exclusive?: boolean | undefined;
  /** Runs from the end. Default false. */
  readonly reverse?: boolean | undefined;
}

/** Running sums along an axis, in the shape of `x`. @throws {OptionError} for an axis out of range @throws {DTypeError} for bool and uint8 */
export function cumsum<S extends Shape>(x: Tensor<S>, options: CumsumOptions = {}): Tensor<S> {
  const names = ['axis', 'exclusive', 'reverse'] as const;
  const { axis = -1, exclusive = false, reverse = false } = checkOptions('cumsum', options, names);
  const device = deviceOf('cumsum', x);
  requireType('cumsum', 'x', x, 'float32', 'float64', 'int32');
  const at = checkAxis('cumsum', axis, x.rank);
  const y = empty(device, x.dtype, x.shape);
  device.kernels.cumsum(bufferOf('cumsum', x), bufferOf('cumsum', y), alongAxes(x.shape, at), exclusive, reverse);
  if (isFloat(x.dtype)) {
    record(y, [x], [(g) => cumsum(g, { axis: at, exclusive, reverse: !reverse })]);
  }
  return y;
}
