/** Softmax and log-softmax, with masks. */

import { ShapeError } from '@saccade/kernels';
import { bufferOf, deviceOf, empty, requireFloat, requireType } from '../engine.js';
import { broadcastShapes, broadcastStrides, checkAxis, type Shape, sameShape, show, sizeOf } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { mul, sub } from './arithmetic.js';
import { exp } from './exponential.js';
import { swapAxes } from './layout.js';
import { reshape } from './reshape.js';
import { sum } from './sum.js';

/** Options of softmax and log-softmax. */
export interface SoftmaxOptions {
  /** Default the last. */
  readonly axis?: number | undefined;
  /** bool, broadcast to x: false leaves an element out. A row left out whole gives zeros (log: -Infinity). */
  readonly mask?: Tensor<Shape> | undefined;
}

type Kernel = 'softmax' | 'logSoftmax';
type Gradient = (y: Tensor, g: Tensor) => Tensor;

function alongLastAxis(op: Kernel, x: Tensor, mask: Tensor | undefined, gradient: Gradient): Tensor {
  const device = deviceOf(op, x, mask);
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

function run(op: Kernel, x: Tensor<Shape>, { axis = -1, mask }: SoftmaxOptions, gradient: Gradient): Tensor {
  requireFloat(op, x);
  const at = checkAxis(op, axis, x.rank);
  if (mask !== undefined) {
    requireType(op, 'mask', mask, 'bool');
    if (!sameShape(broadcastShapes(op, mask.shape, x.shape), x.shape)) {
      throw new ShapeError(`${op}: mask ${show(mask.shape)} does not broadcast to ${show(x.shape)}`);
    }
  }
  if (at === x.rank - 1) return alongLastAxis(op, x as Tensor, mask as Tensor | undefined, gradient);
  const turned = mask && mask.rank > 0 ? turnMask(mask, at, x.rank) : mask;
  return swapAxes(alongLastAxis(op, swapAxes(x, at, -1), turned as Tensor | undefined, gradient), at, -1);
}

function turnMask(mask: Tensor<Shape>, axis: number, rank: number): Tensor {
  const lead = new Array<number>(rank - mask.rank).fill(1);
  return swapAxes(reshape(mask, [...lead, ...mask.shape]), axis, -1);
}

/** dx = y (g - sum(y g)). */
function softmaxGradient(y: Tensor, g: Tensor): Tensor {
  if (recording()) return mul(y, sub(g, sum(mul(y, g), { axis: -1, keepDims: true })));
  return fusedGradient('softmaxGrad', y, g);
}

/** dx = g - e^y sum(g). */
function logSoftmaxGradient(y: Tensor, g: Tensor): Tensor {
  if (recording()) return sub(g, mul(exp(y), sum(g, { axis: -1, keepDims: true })));
  return fusedGradient('logSoftmaxGrad', y, g);
}

function fusedGradient(op: 'softmaxGrad' | 'logSoftmaxGrad', y: Tensor, g: Tensor): Tensor {
  const device = deviceOf(op, y, g);
  const dx = empty(device, y.dtype, y.shape);
  const rows = sizeOf(y.shape.slice(0, -1));
  device.kernels[op](bufferOf(op, y), bufferOf(op, g), bufferOf(op, dx), rows, y.shape.at(-1) as number);
  return dx;
}

/** e^x / sum(e^x) along an axis. */
export function softmax(x: Tensor<Shape>, options: SoftmaxOptions = {}): Tensor {
  return run('softmax', x, options, softmaxGradient);
}

/** x - log(sum(e^x)) along an axis. */
export function logSoftmax(x: Tensor<Shape>, options: SoftmaxOptions = {}): Tensor {
  return run('logSoftmax', x, options, logSoftmaxGradient);
}
