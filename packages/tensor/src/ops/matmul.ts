/** The matrix product, batched and broadcast. */
import { type MatmulSizes, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty, promote } from '../engine.js';
import { requireFloat } from '../require-type.js';
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
  if (a.rank > 1 && b.rank > 1 && a.dtype === b.dtype) return product(a, b, transposeA, transposeB);
  const dtype = promote(a.dtype, b.dtype);
  return syncScope(() => {
    const x = a.rank === 1 ? reshape(a, transposeA ? [a.size, 1] : [1, a.size]) : a;
    const y = b.rank === 1 ? reshape(b, transposeB ? [1, b.size] : [b.size, 1]) : b;
    const out = product(cast(x, dtype), cast(y, dtype), transposeA, transposeB);
    if (a.rank > 1 && b.rank > 1) return out;
    const shape = [...out.shape];
    if (b.rank === 1) shape.pop();
    if (a.rank === 1) shape.splice(shape.length - (b.rank === 1 ? 1 : 2), 1);
    return reshape(out, shape);
  });
}

/** @throws {ShapeError} for scalars, inner sizes that differ, and leading axes that do not broadcast */
function checkInner(a: Tensor<Shape>, b: Tensor<Shape>, transposeA: boolean, transposeB: boolean): void {
  const left = a.rank === 1 ? a.size : a.shape.at(transposeA ? -2 : -1);
  const right = b.rank === 1 ? b.size : b.shape.at(transposeB ? -1 : -2);
  const turned = (flag: boolean): string => (flag ? ' transposed' : '');
  const both = (): string => `${show(a.shape)}${turned(transposeA)} and ${show(b.shape)}${turned(transposeB)}`;
  if (a.rank === 0 || b.rank === 0) throw new ShapeError(`matmul: expected vectors or matrices, got ${both()}`);
  if (left !== right) throw new ShapeError(`matmul: inner sizes of ${both()} differ`);
  if (a.rank > 2 && b.rank > 2 && commonShape(leadOf(a), leadOf(b)) === undefined) {
    throw new ShapeError(`matmul: leading axes of ${both()} do not broadcast`);
  }
}

const noAxes: Shape = [];

/** The axes before a matrix. */
function leadOf({ shape, rank }: Tensor<Shape>): Shape {
  return rank === 2 ? noAxes : shape.slice(0, -2);
}

/** The same rows, as one matrix. */
function asMatrix(t: Tensor): Tensor {
  const columns = t.shape[t.rank - 1] as number;
  return t.rank === 2 ? t : reshape(t, [sizeOf(t.shape, 0, t.rank - 1), columns]);
}

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const device = deviceOf('matmul', a, b);
  const m = a.shape[a.rank - (transposeA ? 1 : 2)] as number;
  const k = a.shape[a.rank - (transposeA ? 2 : 1)] as number;
  const n = b.shape[b.rank - (transposeB ? 2 : 1)] as number;
  // One tall product instead of a batch that shares b: faster, and its gradient needs no sum over the batch.
  const tall = a.rank > 2 && b.rank === 2 && !transposeA;
  const [aLead, bLead] = [leadOf(a), leadOf(b)];
  const lead = aLead.length + bLead.length === 0 ? noAxes : broadcastShapes('matmul', aLead, bLead);
  const batch = tall ? noAxes : lead;
  const sizes: MatmulSizes = {
    m: tall ? m * sizeOf(lead) : m,
    n,
    k,
    transposeA,
    transposeB,
    batch,
    aStrides: tall ? noAxes : broadcastStrides(aLead, batch),
    bStrides: tall ? noAxes : broadcastStrides(bLead, batch),
    accumulate: false,
  };
  const out = empty(device, a.dtype, [...lead, m, n]);
  device.kernels.matmul(bufferOf('matmul', a), bufferOf('matmul', b), bufferOf('matmul', out), sizes);
  const da = (g: Tensor): Tensor =>
    sumTo(transposeA ? product(b, g, transposeB, true) : product(g, b, false, !transposeB), a.shape);
  const db = (g: Tensor): Tensor => {
    const [x, dy] = tall ? [asMatrix(a), asMatrix(g)] : [a, g];
    return sumTo(transposeB ? product(dy, x, true, transposeA) : product(x, dy, !transposeA, false), b.shape);
  };
  record(out, [a, b], [da, db]);
  return out;
}
