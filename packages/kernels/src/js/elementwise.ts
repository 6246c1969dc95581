/** Elementwise kernels of the `js` device: the oracle. */
import type { DType, TypedArray } from '../dtype.js';
import { rowStart } from '../strides.js';
import type { Broadcast, ElementwiseKernels } from '../table/elementwise.js';
import { binaryFunctions, compareFunctions, intFunctions, testFunctions, unaryFunctions } from './functions.js';

/** How one number becomes an element of the given type. */
function conversion(to: DType): (x: number) => number {
  if (to === 'bool') return (x) => Number(x !== 0);
  if (to === 'int32') return (x) => (x < 0 ? Math.max(x, -(2 ** 31)) : Math.min(x, 2 ** 31 - 1)) || 0;
  if (to === 'uint8') return (x) => (x > 0 ? Math.min(Math.trunc(x), 255) : 0);
  return (x) => x;
}

/** Sets out[i] = f(a[...], b[...]) over a broadcast. */
function zip(
  f: (a: number, b: number) => number,
  a: TypedArray,
  b: TypedArray,
  out: TypedArray,
  { shape, strides }: Broadcast = { shape: [out.length], strides: [[1], [1]] },
): void {
  const [aStrides, bStrides] = strides as [readonly number[], readonly number[]];
  const axes = Math.max(0, shape.length - 1);
  const [size = 1, aStep = 0, bStep = 0] = [shape[axes], aStrides[axes], bStrides[axes]];
  for (let row = 0; row < out.length / size; row++) {
    const aAt = rowStart(row, shape, aStrides, axes);
    const bAt = rowStart(row, shape, bStrides, axes);
    for (let i = 0; i < size; i++) out[row * size + i] = f(a[aAt + i * aStep]!, b[bAt + i * bStep]!);
  }
}

/** The function of a binary op for buffers like `out`. */
function binaryFunction(op: keyof typeof binaryFunctions, out: TypedArray): (a: number, b: number) => number {
  return (out instanceof Int32Array && intFunctions[op]) || binaryFunctions[op];
}

export const elementwise: ElementwiseKernels<TypedArray> = {
  unary(op, x, out) {
    const f =
      op === 'square' && out instanceof Int32Array ? (v: number): number => Math.imul(v, v) : unaryFunctions[op];
    for (let i = 0; i < out.length; i++) out[i] = f(x[i]!);
  },

  binary(op, a, b, out, broadcast) {
    zip(binaryFunction(op, out), a, b, out, broadcast);
  },

  binaryScalar(op, x, scalar, out, swap) {
    const f = binaryFunction(op, out);
    for (let i = 0; i < out.length; i++) out[i] = swap ? f(scalar, x[i]!) : f(x[i]!, scalar);
  },

  compare(op, a, b, out, broadcast) {
    const f = compareFunctions[op];
    zip((x, y) => Number(f(x, y)), a, b, out, broadcast);
  },

  test(op, x, out) {
    const f = testFunctions[op];
    for (let i = 0; i < out.length; i++) out[i] = Number(f(x[i]!));
  },

  where(condition, a, b, out, broadcast = { shape: [out.length], strides: [[1], [1], [1]] }) {
    const { shape, strides } = broadcast;
    for (let i = 0; i < out.length; i++) {
      const [c, x, y] = strides.map((operand) => rowStart(i, shape, operand, shape.length)) as [number, number, number];
      out[i] = condition[c] !== 0 ? a[x]! : b[y]!;
    }
  },

  clip(x, out, low, high) {
    for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x[i]!, low), high);
  },

  cast(x, out, to) {
    const convert = conversion(to);
    for (let i = 0; i < out.length; i++) out[i] = convert(x[i]!);
  },

  fill(out, value) {
    out.fill(value);
  },
};
