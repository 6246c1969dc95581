/** Where patches come from, as two more channels of theirs, made without the image. */
import { concat, matmul, requireShape, reshape, scope, type Tensor, tensor } from '@saccade/tensor';
import type { PatchGrid } from '../patches/patch-grid.js';

/** For each cell of an axis the pixels of its patch [cells, patchSize]: 1 (or the coordinate) in the image, 0 outside. */
function windows(
  cells: number,
  stride: number,
  pad: number,
  extent: number,
  patchSize: number,
  value: (pixel: number) => number,
): Float64Array {
  return Float64Array.from({ length: cells * patchSize }, (_, at) => {
    const pixel = Math.floor(at / patchSize) * stride - pad + (at % patchSize);
    return pixel >= 0 && pixel < extent ? value(pixel) : 0;
  });
}

/**
 * What extraction with indicators [batch, k, rows columns] gives of two planes as large as the image, the row and the column of each
 * pixel from 0 to 1: [batch, k, patchSize, patchSize, 2]. Windows of such planes are products of one vector for each
 * axis, so their weighted sum takes two matrix products. @throws {ShapeError}
 */
export function patchPositions(indicators: Tensor, grid: PatchGrid): Tensor {
  const { height, width, rows, columns, patchSize, strideY, strideX, padTop, padLeft } = grid;
  const [batch, k] = requireShape('patchPositions', 'indicators', indicators, ['batch', 'k', rows * columns]);
  const { device, dtype } = indicators;
  const plane = (values: Float64Array, cells: number): Tensor =>
    tensor(values, { shape: [cells, patchSize], device, dtype });
  const along = (f: (pixel: number) => number, g: (pixel: number) => number): readonly [Tensor, Tensor] => [
    plane(windows(rows, strideY, padTop, height, patchSize, f), rows),
    plane(windows(columns, strideX, padLeft, width, patchSize, g), columns),
  ];
  return scope(() => {
    const cells = reshape(indicators, [batch, k, rows, columns]);
    const channels = [
      along(
        (y) => y / Math.max(1, height - 1),
        () => 1,
      ),
      along(
        () => 1,
        (x) => x / Math.max(1, width - 1),
      ),
    ].map(([vertical, horizontal]) => {
      const pixels = matmul(matmul(vertical, cells, { transposeA: true }), horizontal, {});
      return reshape(pixels, [batch, k, patchSize, patchSize, 1]);
    });
    return concat(channels, 4);
  });
}
