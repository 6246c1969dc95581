/** The matrix product, batched and broadcast. */
import { type MatmulSizes, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty, promote, requireFloat } from '../engine.js';
import { syncScope } from '../scope.js';
import { broadcastShapes, broadcastStrides, commonShape, type Shape, show, sizeOf } from '../shape.js';
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

const names = ['transposeA', 'transposeB'] as const;

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
export function matmul(a: Tensor<Shape>, b: Tensor<Shape>, options: unknown = {}): Tensor {
  const { transposeA = false, transposeB = false } = checkOptions('matmul', options as MatmulOptions, names);
  deviceOf('matmul', a, b);
  requireFloat('matmul', a, b);
  checkInner(a, b, transposeA, transposeB);
  const dtype = promote(a.dtype, b.dtype);
  if (a.rank === 2 && b.rank === 2 && a.dtype === b.dtype)
    return product(a as Tensor, b as Tensor, transposeA, transposeB);
  return syncScope(() => {
    const x = a.rank === 1 ? reshape(a, transposeA ? [a.size, 1] : [1, a.size]) : a;
    const y = b.rank === 1 ? reshape(b, transposeB ? [1, b.size] : [b.size, 1]) : b;
    const [left, right] = [cast(x, dtype) as Tensor, cast(y, dtype) as Tensor];
    const out =
      x.rank > 2 && y.rank === 2 && !transposeA
        ? tallProduct(left, right, transposeB)
        : product(left, right, transposeA, transposeB);
    if (a.rank > 1 && b.rank > 1) return out;
    const shape = [...out.shape];
    if (b.rank === 1) shape.pop();
    if (a.rank === 1) shape.splice(shape.length - (b.rank === 1 ? 1 : 2), 1);
    return reshape(out, shape as Shape);
  });
}

/** One tall product instead of a batch that shares b: faster, and its gradient needs no sum over the batch. */
function tallProduct(a: Tensor, b: Tensor, transposeB: boolean): Tensor {
  const lead = a.shape.slice(0, -1);
  const tall = reshape(a, [sizeOf(lead), a.shape.at(-1) as number]) as unknown as Tensor;
  const wide = product(tall, b, false, transposeB);
  return reshape(wide, [...lead, wide.shape.at(-1) as number] as Shape);
}

/** @throws {ShapeError} for scalars, inner sizes that differ, and leading axes that do not broadcast */
function checkInner(a: Tensor<Shape>, b: Tensor<Shape>, transposeA: boolean, transposeB: boolean): void {
  const left = a.rank === 1 ? a.size : a.shape.at(transposeA ? -2 : -1);
  const right = b.rank === 1 ? b.size : b.shape.at(transposeB ? -1 : -2);
  const turned = (flag: boolean): string => (flag ? ' transposed' : '');
  const both = (): string => `${show(a.shape)}${turned(transposeA)} and ${show(b.shape)}${turned(transposeB)}`;
  if (a.rank === 0 || b.rank === 0) throw new ShapeError(`matmul: expected vectors or matrices, got ${both()}`);
  if (left !== right) throw new ShapeError(`matmul: inner sizes of ${both()} differ`);
  if (commonShape(a.shape.slice(0, -2), b.shape.slice(0, -2)) === undefined) {
    throw new ShapeError(`matmul: leading axes of ${both()} do not broadcast`);
  }
}

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const device = deviceOf('matmul', a, b);
  const [rows, columns] = [a.shape.at(-2) as number, a.shape.at(-1) as number];
  const [m, k] = transposeA ? [columns, rows] : [rows, columns];
  const n = b.shape.at(transposeB ? -2 : -1) as number;
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
