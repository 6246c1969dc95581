/** The strided copy that all operations which move values are made of. */
import type { CopyLayout } from '@saccade/kernels';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { type Shape, stridesOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Copies values of `x` into a new tensor of `shape`, which `layout` may see with other axes. Records nothing. */
export function copyView(op: string, x: Tensor<Shape>, shape: Shape, layout: CopyLayout): Tensor {
  const device = deviceOf(op, x);
  const y = empty(device, x.dtype, shape);
  device.kernels.copy(bufferOf(op, x), bufferOf(op, y), layout);
  return y;
}

/** Writes `part` into a window of a tensor that is being made. */
export function paste(op: string, part: Tensor<Shape>, into: Tensor, strides: readonly number[], offset: number): void {
  deviceOf(op, into).kernels.copy(bufferOf(op, part), bufferOf(op, into), {
    shape: part.shape,
    xStrides: stridesOf(part.shape),
    xOffset: 0,
    outStrides: strides,
    outOffset: offset,
  });
}
