/** The matrix product, batched and broadcast. */
import { type MatmulSizes, ShapeError } from '@saccade/kernels';
import { bufferOf, deviceOf, empty, promote, requireFloat } from '../engine.js';
import { broadcastShapes, broadcastStrides, type Shape, show } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { reshape } from './reshape.js';
import { sumTo } from './sum.js';

/** Which operands are stored transposed in their last two axes. */
export interface MatmulOptions {
  /** `a` is [.., k, m]. Default false. */
  readonly transposeA?: boolean | undefined;
  /** `b` is [.., n, k]. Default false. */
  readonly transposeB?: boolean | undefined;
}

/** False where both sizes are known to the compiler and differ. */
type Fits<A extends Shape, B extends Shape> = A extends readonly [number, infer K]
  ? B extends readonly [infer L, number]
    ? number extends K
      ? true
      : number extends L
        ? true
        : K extends L
          ? true
          : false
    : true
  : true;

/** The shape of the product, as far as the compiler knows it. */
type Product<A extends Shape, B extends Shape> = A extends readonly [infer M extends number, number]
  ? B extends readonly [number, infer N extends number]
    ? readonly [M, N]
    : Shape
  : Shape;

/** What the compiler shows for sizes that differ. */
type Mismatch<A extends Shape, B extends Shape> = `inner sizes ${A[1]} and ${B[0]} differ`;

/**
 * The product of matrices: [.., m, k] x [.., k, n] -> [.., m, n]; leading axes broadcast. A vector [k] on the left or
 * right is taken as a row or column, which the result drops.
 * The compiler checks inner sizes that it knows. Gradients: dA = dY B^T, dB = A^T dY.
 * @throws {ShapeError} if the inner sizes differ or the leading axes do not broadcast
 */
export function matmul<A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B>,
  ...error: Fits<A, B> extends true ? [] : [Mismatch<A, B>]
): Tensor<Product<A, B>>;
export function matmul(a: Tensor<Shape>, b: Tensor<Shape>, options: MatmulOptions): Tensor;
export function matmul(a: Tensor<Shape>, b: Tensor<Shape>, options?: unknown): Tensor {
  const { transposeA = false, transposeB = false } = (options ?? {}) as MatmulOptions;
  requireFloat('matmul', a, b);
  if (a.rank === 0 || b.rank === 0) throw mismatch(a, b);
  const dtype = promote(a.dtype, b.dtype);
  const x = a.rank === 1 ? reshape(a, transposeA ? [a.size, 1] : [1, a.size]) : a;
  const y = b.rank === 1 ? reshape(b, transposeB ? [1, b.size] : [b.size, 1]) : b;
  if (x.rank > 2 && y.rank === 2 && !transposeA) {
    // One tall product instead of a batch that shares b: faster, and its gradient needs no sum over the batch.
    const tall = reshape(x, [-1, x.shape.at(-1) as number]);
    const wide = matmul(tall, y as Tensor, { transposeB });
    const shape = [...x.shape.slice(0, -1), wide.shape.at(-1) as number];
    return reshape(wide, b.rank === 1 ? shape.slice(0, -1) : shape);
  }
  const out = product(cast(x, dtype) as Tensor, cast(y, dtype) as Tensor, transposeA, transposeB);
  if (a.rank > 1 && b.rank > 1) return out;
  const shape = [...out.shape];
  if (b.rank === 1) shape.pop();
  if (a.rank === 1) shape.splice(shape.length - (b.rank === 1 ? 1 : 2), 1);
  return reshape(out, shape as Shape);
}

function mismatch(a: Tensor<Shape>, b: Tensor<Shape>): ShapeError {
  return new ShapeError(`matmul: inner sizes of ${show(a.shape)} and ${show(b.shape)} differ`);
}

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const device = deviceOf('matmul', a, b);
  const [rows, columns] = [a.shape.at(-2) as number, a.shape.at(-1) as number];
  const [m, k] = transposeA ? [columns, rows] : [rows, columns];
  const [left, right] = [b.shape.at(-2) as number, b.shape.at(-1) as number];
  const [inner, n] = transposeB ? [right, left] : [left, right];
  if (inner !== k) throw mismatch(a, b);
  const [aLead, bLead] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcastShapes('matmul', aLead, bLead);
  const sizes: MatmulSizes = {
    m,
    n,
    k,
    transposeA,
    transposeB,
    batch,
    aStrides: broadcastStrides(aLead, batch),
    bStrides: broadcastStrides(bLead, batch),
    accumulate: false,
  };
  const out = empty(device, a.dtype, [...batch, m, n] as Shape);
  device.kernels.matmul(bufferOf('matmul', a), bufferOf('matmul', b), bufferOf('matmul', out), sizes);
  record(
    out,
    [a, b],
    [
      (g) => sumTo(transposeA ? product(b, g, transposeB, true) : product(g, b, false, !transposeB), a.shape),
      (g) => sumTo(transposeB ? product(g, a, true, transposeA) : product(a, g, !transposeA, false), b.shape),
    ],
  );
  return out;
}
