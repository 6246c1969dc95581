/** Softmax and log-softmax, with masks. */
import { ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty, requireOn } from '../engine.js';
import { requireFloat, requireType } from '../require-type.js';
import { syncScope } from '../scope.js';
import { broadcastStrides, broadcastsTo, checkAxis, type Shape, show, sizeOf } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { mul, sub } from './arithmetic.js';
import { equal } from './compare.js';
import { exp } from './exponential.js';
import { swapAxes } from './layout.js';
import { reshape } from './reshape.js';
import { sum } from './sum.js';
import { where } from './where.js';

/** Options of softmax and log-softmax. */
export interface SoftmaxOptions {
  /** Default the last. */
  readonly axis?: number | undefined;
  /** bool, broadcast to x: false leaves an element out. A row left out whole gives zeros (log: -Infinity). */
  readonly mask?: Tensor<Shape> | undefined;
}

/** dx = y (g - sum(y g)). */
function softmaxGradient(y: Tensor, g: Tensor): Tensor {
  if (recording()) return mul(y, sub(g, sum(mul(y, g), { axis: -1, keepDims: true })));
  return fusedGradient('softmaxGrad', y, g);
}

/**
 * e^x / sum(e^x) along an axis (default the last): [any shape] -> the same.
 * @throws {ShapeError} for a mask that does not broadcast @throws {OptionError} for an axis out of range @throws {DTypeError} unless floats
 */
export function softmax(x: Tensor<Shape>, options: SoftmaxOptions = {}): Tensor {
  return run('softmax', x, options, softmaxGradient);
}

/** dx = g - e^y sum(g); an element that the mask left out takes and gives nothing. */
function logSoftmaxGradient(y: Tensor, g: Tensor): Tensor {
  if (recording()) {
    const seen = where(equal(y, -Infinity), 0, g);
    return sub(seen, mul(exp(y), sum(seen, { axis: -1, keepDims: true })));
  }
  return fusedGradient('logSoftmaxGrad', y, g);
}

/** x - log(sum(e^x)) along an axis (default the last): [any shape] -> the same. @throws as `softmax` */
export function logSoftmax(x: Tensor<Shape>, options: SoftmaxOptions = {}): Tensor {
  return run('logSoftmax', x, options, logSoftmaxGradient);
}

type Kernel = 'softmax' | 'logSoftmax';
type Gradient = (y: Tensor, g: Tensor) => Tensor;

/** Checks the input and turns the axis to the end, where the kernels work. */
function run(op: Kernel, x: Tensor<Shape>, options: SoftmaxOptions, gradient: Gradient): Tensor {
  const { axis = -1, mask } = checkOptions(op, options, ['axis', 'mask']);
  const device = deviceOf(op, x);
  if (mask !== undefined) requireOn(op, device, mask);
  requireFloat(op, x);
  const at = checkAxis(op, axis, x.rank);
  if (mask !== undefined) {
    requireType(op, 'mask', mask, 'bool');
    if (!broadcastsTo(mask.shape, x.shape)) {
      throw new ShapeError(`${op}: mask ${show(mask.shape)} does not broadcast to ${show(x.shape)}`);
    }
  }
  if (at === x.rank - 1) return alongLastAxis(op, x, mask, gradient);
  return syncScope(() => {
    const turned = mask && mask.rank > 0 ? turnMask(mask, at, x.rank) : mask;
    return swapAxes(alongLastAxis(op, swapAxes(x, at, -1), turned, gradient), at, -1);
  });
}

function alongLastAxis(op: Kernel, x: Tensor, mask: Tensor | undefined, gradient: Gradient): Tensor {
  const device = deviceOf(op, x);
  const y = empty(device, x.dtype, x.shape);
  const sizes = {
    shape: x.shape.slice(0, -1),
    size: x.shape.at(-1) as number,
    maskStrides: mask === undefined ? [] : broadcastStrides(mask.shape, x.shape),
  };
  device.kernels[op](bufferOf(op, x), mask && bufferOf(op, mask), bufferOf(op, y), sizes);
  record(y, [x], [(g) => gradient(y, g)]);
  return y;
}

function turnMask(mask: Tensor<Shape>, axis: number, rank: number): Tensor {
  const lead = new Array<number>(rank - mask.rank).fill(1);
  return swapAxes(reshape(mask, [...lead, ...mask.shape]), axis, -1);
}

function fusedGradient(op: 'softmaxGrad' | 'logSoftmaxGrad', y: Tensor, g: Tensor): Tensor {
  const device = deviceOf(op, y, g);
  const dx = empty(device, y.dtype, y.shape);
  const rows = sizeOf(y.shape, 0, y.rank - 1);
  device.kernels[op](bufferOf(op, y), bufferOf(op, g), bufferOf(op, dx), rows, y.shape.at(-1) as number);
  return dx;
}
