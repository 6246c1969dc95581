/** Images at half the size. */
import { averagePool, requireShape, ShapeError, type Tensor } from '@saccade/tensor';

/** Means of 2 x 2 pixels, [batch, height, width, channels] -> [batch, height / 2, width / 2, channels]: the same for the turned image, turned. @throws {ShapeError} for odd sides, of which one would be lost */
export function halveImages(images: Tensor): Tensor {
  const [, height, width] = requireShape('halveImages', 'images', images, ['batch', 'height', 'width', 'channels']);
  if (height % 2 !== 0 || width % 2 !== 0 || height === 0 || width === 0) {
    throw new ShapeError(`halveImages: sides must be even, got ${height} x ${width}`);
  }
  return averagePool(images, { size: 2 });
}
