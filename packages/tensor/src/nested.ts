/** Reads nested arrays of numbers or booleans, as callers write matrices. */
import { type DType, DTypeError, ShapeError, type TypedArray } from '@saccade/kernels';
import { describe } from './arguments.js';
import { type Shape, show, sizeOf } from './shape.js';
import { isTensor } from './tensor.js';

/** Nested arrays of numbers or booleans, rectangular. */
export type Nested = number | boolean | readonly Nested[];

/** Values in row-major order, with the shape and element type that they have unless told otherwise. */
export interface Values {
  readonly values: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The values of nested arrays: bool if the first is a boolean, else float32. @throws {ShapeError} if they are ragged @throws {DTypeError} for what is no number */
export function readNested(op: string, nested: Nested): Values {
  const shape: number[] = [];
  let level: Nested | undefined = nested;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = (level as readonly Nested[])[0];
  }
  const values = new Float64Array(sizeOf(shape));
  flattenInto(op, nested, shape, 0, values, 0);
  return { values, shape, dtype: typeof level === 'boolean' ? 'bool' : 'float32' };
}

/** Writes the values below `depth` from position `at` on, and tells the position behind them. */
function flattenInto(op: string, nested: Nested, shape: Shape, depth: number, out: TypedArray, at: number): number {
  const isLeaf = depth === shape.length;
  if (isTensor(nested)) throw new DTypeError(`${op}: got an array of tensors; use stack or concat`);
  if (isLeaf ? Array.isArray(nested) : !Array.isArray(nested) || nested.length !== shape[depth]) {
    throw new ShapeError(`${op}: nested arrays must be rectangular, expected ${show(shape)} throughout`);
  }
  if (isLeaf) {
    if (typeof nested !== 'number' && typeof nested !== 'boolean') {
      throw new DTypeError(`${op}: expected numbers or booleans, got ${describe(nested)}`);
    }
    out[at] = Number(nested);
    return at + 1;
  }
  let next = at;
  for (const child of nested as readonly Nested[]) next = flattenInto(op, child, shape, depth + 1, out, next);
  return next;
}
