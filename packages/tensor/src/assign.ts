/** New values for a tensor that lives on, such as a parameter that is trained. */
import { DeviceError, DTypeError, GradientError, ShapeError } from '@saccade/kernels';
import { unwatch, watch } from './leaks.js';
import type { Shape } from './shape.js';
import { sameShape, show } from './shape.js';
import { state } from './state.js';
import { storageOf, type Tensor } from './tensor.js';

/**
 * Gives `target` the values of `value`, without a copy; `value` stays as it is. Other tensors that shared memory with
 * `target`, its reshaped forms for instance, keep the old values. `target` stays in its scope, so a loop that writes
 * `assign(weight, weight.sub(gradient.mul(rate)))` inside `scope(() => …)` frees everything else.
 * @throws {ShapeError} @throws {DTypeError} @throws {DeviceError} if `value` is not of the same kind
 * @throws {GradientError} while a gradient is recorded that needs the old values
 */
export function assign<S extends Shape>(target: Tensor<S>, value: Tensor<Shape>): Tensor<S> {
  const old = storageOf('assign', target);
  const storage = storageOf('assign', value);
  if (!sameShape(target.shape, value.shape)) {
    throw new ShapeError(`assign: expected ${show(target.shape)}, got ${show(value.shape)}`);
  }
  if (target.dtype !== value.dtype) throw new DTypeError(`assign: expected ${target.dtype}, got ${value.dtype}`);
  if (old.device !== storage.device) {
    throw new DeviceError(`assign: a tensor on '${old.device.name}' cannot take one on '${storage.device.name}'`);
  }
  if (state.tapes.some((tape) => tape.pins(target))) {
    throw new GradientError(`assign: a gradient that is being recorded needs the old values of ${show(target.shape)}`);
  }
  if (old === storage) return target;
  if (target.scope === undefined) unwatch(target);
  target.storage = storage;
  storage.references += 1;
  if (target.scope === undefined) watch(target);
  old.references -= 1;
  if (old.references === 0) old.device.release(old.buffer);
  return target;
}
