/** The product of float64 matrices in plain memory, with SIMD and threads where the current device has them. */
import {
  type Buffer,
  currentDevice,
  type Device,
  DisposedError,
  doubleProducts,
  OutOfMemoryError,
  ShapeError,
} from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { type Matrix, matrix } from './matrix.js';

/** Which operands are stored transposeMatrix. */
export interface MatrixProductOptions {
  /** `a` is `[k, m]`. Default false. */
  readonly transposeA?: boolean | undefined;
  /** `b` is `[n, k]`. Default false. */
  readonly transposeB?: boolean | undefined;
}

interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Below so many multiply-adds the way to the device's memory and back costs more than the product. */
const WORTH_MOVING = 32_768;

/**
 * A B, summed in float64.
 *
 * @param a `[m, k]`, or `[k, m]` with `transposeA`
 * @param b `[k, n]`, or `[n, k]` with `transposeB`
 * @returns `[m, n]`
 * @throws {ShapeError} if the inner sizes differ
 * @throws {OptionError} for an option that it does not know
 */
export function matrixProduct(a: Matrix, b: Matrix, options: MatrixProductOptions = {}): Matrix {
  const { transposeA = false, transposeB = false } = checkOptions('matrixProduct', options, [
    'transposeA',
    'transposeB',
  ]);
  const [m, k] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
  const [inner, n] = transposeB ? [b.columns, b.rows] : [b.rows, b.columns];
  if (k !== inner) {
    throw new ShapeError(
      `matrixProduct: inner sizes ${k} of [${a.rows}, ${a.columns}] and ${inner} of [${b.rows}, ${b.columns}] differ`,
    );
  }
  const sizes = { m, n, k, transposeA, transposeB };
  const device = m * n * k >= WORTH_MOVING ? currentDevice() : undefined;
  if (device?.readSync === undefined || !device.supports('float64')) return plainProduct(a, b, sizes);
  try {
    return productOn(device, a, b, sizes);
  } catch (error) {
    // What the device cannot do any more needs no device.
    if (error instanceof DisposedError || error instanceof OutOfMemoryError) return plainProduct(a, b, sizes);
    throw error;
  }
}

/** By the device's kernel. */
function productOn(device: Device, a: Matrix, b: Matrix, sizes: Sizes): Matrix {
  const { m, n } = sizes;
  const made: Buffer[] = [];
  const room = (length: number): Buffer => {
    const buffer = device.allocate('float64', length);
    made.push(buffer);
    return buffer;
  };
  try {
    const [left, right, out] = [room(a.data.length), room(b.data.length), room(m * n)];
    device.write(left, a.data);
    device.write(right, b.data);
    device
      .extend(doubleProducts)
      .matmul(left, right, out, { ...sizes, batch: [], aStrides: [], bStrides: [], accumulate: false });
    return matrix(m, n, device.readSync!(out) as Float64Array);
  } finally {
    for (const buffer of made) device.release(buffer);
  }
}

/** Row by row: out[i] += a[i, s] b[s]. */
function plainProduct(a: Matrix, b: Matrix, { m, n, k, transposeA, transposeB }: Sizes): Matrix {
  const out = matrix(m, n);
  const [aRow, aStep] = transposeA ? [1, m] : [k, 1];
  const [bRow, bStep] = transposeB ? [1, k] : [n, 1];
  for (let i = 0; i < m; i++) {
    for (let s = 0; s < k; s++) {
      const factor = a.data[i * aRow + s * aStep]!;
      for (let j = 0; j < n; j++) out.data[i * n + j]! += factor * b.data[s * bRow + j * bStep]!;
    }
  }
  return out;
}
