/** Maxima of windows along one to three axes, which a network keeps as they are. */
import { Module } from '@saccade/nn';
import { maxPool, reshape, scope, type Tensor } from '@saccade/tensor';
import type { PoolWindow } from './pool-window.js';

/** [batch, ...spatial, channels] -> [batch, ...spatial', channels]. Padding is never the maximum. */
export class MaxPool extends Module {
  readonly window: PoolWindow;

  constructor(window: PoolWindow) {
    super();
    this.window = window;
  }

  /** @throws {ShapeError} where the window does not fit */
  override forward(images: Tensor): Tensor {
    return scope(() => this.window.size.reduce((x, _, axis) => this.#along(x, axis), images));
  }

  /** The maximum of maxima along one axis after another is that of the window. */
  #along(x: Tensor, axis: number): Tensor {
    const { size, stride, padding } = this.window;
    const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);
    const [before, extent, behind] = [x.shape.slice(0, axis + 1), x.shape[axis + 1]!, x.shape.slice(axis + 2)];
    const columns = reshape(x, [product(before), extent, 1, product(behind)]);
    const pooled = maxPool(columns, {
      size: [size[axis]!, 1],
      stride: [stride[axis]!, 1],
      padding: [padding[axis]!, 0],
    });
    return reshape(pooled, [...before, pooled.shape[1]!, ...behind]);
  }
}
