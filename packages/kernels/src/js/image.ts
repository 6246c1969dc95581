/** Bilinear resampling of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { ImageKernels, ResizeSizes, RotateSizes } from '../table/image.js';

/** Two neighbouring pixels of one axis that an output pixel reads, and the second one's weight. */
interface Tap {
  readonly first: number;
  readonly second: number;
  readonly weight: number;
}

function resizeTap(i: number, inSize: number, outSize: number, alignCorners: boolean): Tap {
  const scale = alignCorners ? (outSize > 1 ? (inSize - 1) / (outSize - 1) : 0) : inSize / outSize;
  const at = alignCorners ? i * scale : Math.max(0, (i + 0.5) * scale - 0.5);
  const first = Math.min(Math.floor(at), inSize - 1);
  return { first, second: Math.min(first + 1, inSize - 1), weight: at - first };
}

/** Calls `visit(input pixel, output pixel, weight)` for each pair that resizing joins. Pixels count from the batch's start. */
function eachResizePair(s: ResizeSizes, visit: (input: number, output: number, weight: number) => void): void {
  for (let n = 0; n < s.batch; n++) {
    for (let y = 0; y < s.outHeight; y++) {
      const row = resizeTap(y, s.inHeight, s.outHeight, s.alignCorners);
      const upper = (n * s.inHeight + row.first) * s.inWidth;
      const lower = (n * s.inHeight + row.second) * s.inWidth;
      for (let x = 0; x < s.outWidth; x++) {
        const column = resizeTap(x, s.inWidth, s.outWidth, s.alignCorners);
        const output = (n * s.outHeight + y) * s.outWidth + x;
        visit(upper + column.first, output, (1 - row.weight) * (1 - column.weight));
        visit(upper + column.second, output, (1 - row.weight) * column.weight);
        visit(lower + column.first, output, row.weight * (1 - column.weight));
        visit(lower + column.second, output, row.weight * column.weight);
      }
    }
  }
}

/** The same for rotating. */
function eachRotatePair(
  { batch, height, width }: RotateSizes,
  angles: TypedArray,
  visit: (input: number, output: number, weight: number) => void,
): void {
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  for (let n = 0; n < batch; n++) {
    const [cos, sin] = [Math.cos(angles[n]!), Math.sin(angles[n]!)];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const fromX = cx + cos * (x - cx) - sin * (y - cy);
        const fromY = cy + sin * (x - cx) + cos * (y - cy);
        for (const inY of [Math.floor(fromY), Math.floor(fromY) + 1]) {
          for (const inX of [Math.floor(fromX), Math.floor(fromX) + 1]) {
            if (inX < 0 || inX >= width || inY < 0 || inY >= height) continue;
            const weight = (1 - Math.abs(fromX - inX)) * (1 - Math.abs(fromY - inY));
            visit((n * height + inY) * width + inX, (n * height + y) * width + x, weight);
          }
        }
      }
    }
  }
}

/** total[to] += weight from[at], channel by channel. */
function addPixel(
  total: Float64Array,
  to: number,
  from: TypedArray,
  at: number,
  weight: number,
  channels: number,
): void {
  for (let c = 0; c < channels; c++) total[to * channels + c]! += weight * from[at * channels + c]!;
}

export const image: ImageKernels<TypedArray> = {
  resizeBilinear(x, out, sizes) {
    const total = new Float64Array(out.length);
    eachResizePair(sizes, (input, output, weight) => addPixel(total, output, x, input, weight, sizes.channels));
    out.set(total);
  },

  resizeBilinearGrad(dy, dx, sizes) {
    const total = new Float64Array(dx.length);
    eachResizePair(sizes, (input, output, weight) => addPixel(total, input, dy, output, weight, sizes.channels));
    dx.set(total);
  },

  rotate(x, angles, out, sizes) {
    const total = new Float64Array(out.length);
    eachRotatePair(sizes, angles, (input, output, weight) => addPixel(total, output, x, input, weight, sizes.channels));
    out.set(total);
  },

  rotateGrad(dy, angles, dx, sizes) {
    const total = new Float64Array(dx.length);
    eachRotatePair(sizes, angles, (input, output, weight) =>
      addPixel(total, input, dy, output, weight, sizes.channels),
    );
    dx.set(total);
  },
};
