/** Means over the pixels of a window that are no padding: attention that counts zeros, and what that leaves out. */
import { Module } from '@saccade/nn';
import { mul, scope, type Tensor, tensor } from '@saccade/tensor';
import type { QuadraticAttention } from '../layers/quadratic-attention.js';
import { type PoolWindow, windowExtents } from './pool-window.js';

/** attention(x) times pixels of the window / pixels of it that lie in the image: [batch, ...spatial, channels] -> [batch, ...spatial', channels]. */
export class PixelMean extends Module {
  readonly window: PoolWindow;
  readonly attention: QuadraticAttention;

  /** @param attention the mean with zeros, as heads that look at one pixel of the window each */
  constructor(window: PoolWindow, attention: QuadraticAttention) {
    super();
    this.window = window;
    this.attention = attention;
  }

  /** @throws {ShapeError} as the attention */
  override forward(images: Tensor): Tensor {
    return scope(() => {
      const { dtype, device } = images;
      return pixelShares(this.window, images.shape.slice(1, -1)).reduce<Tensor>((x, along, axis) => {
        const shape = x.shape.map((_, i) => (i === axis + 1 ? along.length : 1));
        return mul(x, tensor(along, { shape, dtype, device }));
      }, this.attention.forward(images));
    });
  }
}

/** Along each axis and for each position of the window: its size by its pixels that lie in the image. */
export function pixelShares(window: PoolWindow, extents: readonly number[]): number[][] {
  return windowExtents(window, extents).map((positions, axis) => {
    const [size, stride, padding] = [window.size[axis]!, window.stride[axis]!, window.padding[axis]!];
    return Array.from({ length: positions }, (_, q) => {
      const from = q * stride - padding;
      return size / (Math.min(extents[axis]!, from + size) - Math.max(0, from));
    });
  });
}
