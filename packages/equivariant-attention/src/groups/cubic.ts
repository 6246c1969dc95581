/** Cubic interpolation of turned images: 4 x 4 pixels with the kernel of Keys (1981), which is smooth. For measuring, as bilinear interpolation blurs. */
import { add, gather, mul, reshape, type Tensor, tensor, zeros } from '@saccade/tensor';
import type { PlaneMatrix } from './plane-matrix.js';

/** y(x) = f(matrix^-1 x) about the centre, 0 outside, for images [batch, height, width, channels]. */
export function cubic(images: Tensor, matrix: PlaneMatrix): Tensor {
  const [batch, height, width, channels] = images.shape as readonly [number, number, number, number];
  const { dtype, device } = images;
  const pixels = reshape(images, [batch, height * width, channels]);
  let sum: Tensor = zeros([batch, height * width, channels], { dtype, device });
  for (const { from, weight } of tapsOf(height, width, matrix)) {
    const shares = tensor(weight, { shape: [height * width, 1], dtype, device });
    sum = add(sum, mul(gather(pixels, tensor(from, { device }), { axis: 1 }), shares));
  }
  return reshape(sum, images.shape);
}

/** One of the 16 pixels around each source. */
interface Tap {
  /** [pixels]: where it is. */
  readonly from: Int32Array;
  /** [pixels]: 0 for those outside. */
  readonly weight: Float64Array;
}

function tapsOf(height: number, width: number, [[a, b], [c, d]]: PlaneMatrix): Tap[] {
  const pixels = height * width;
  const taps = Array.from({ length: 16 }, () => ({ from: new Int32Array(pixels), weight: new Float64Array(pixels) }));
  for (let pixel = 0; pixel < pixels; pixel++) {
    const y = Math.floor(pixel / width) - (height - 1) / 2;
    const x = (pixel % width) - (width - 1) / 2;
    // The transpose is the inverse.
    const [row, column] = [a * y + c * x + (height - 1) / 2, b * y + d * x + (width - 1) / 2];
    for (const [k, tap] of taps.entries()) {
      const [r, q] = [Math.floor(row) - 1 + (k >> 2), Math.floor(column) - 1 + (k & 3)];
      if (r < 0 || r >= height || q < 0 || q >= width) continue;
      tap.from[pixel] = r * width + q;
      tap.weight[pixel] = keys(row - r) * keys(column - q);
    }
  }
  return taps;
}

/** The kernel with a = -1/2. */
function keys(distance: number): number {
  const t = Math.abs(distance);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((2.5 - 0.5 * t) * t - 4) * t + 2 : 0;
}
