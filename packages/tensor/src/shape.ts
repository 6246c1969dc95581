/** Shapes: their types, sizes, strides, axes and how they broadcast. */
import { type AxisSizes, OptionError, ShapeError } from '@saccade/kernels';
import { quote } from './arguments.js';

/** Extents of the axes, outermost first; empty for a scalar. */
export type Shape = readonly number[];

/** Product of the extents, of all axes or those from `start` to before `end`. */
export function sizeOf(shape: Shape, start = 0, end: number = shape.length): number {
  let size = 1;
  for (let i = start; i < end; i++) size *= shape[i] as number;
  return size;
}

/** Product of the extents of `axes`. */
export function sizeAlong(shape: Shape, axes: readonly number[]): number {
  let size = 1;
  for (const axis of axes) size *= shape[axis] as number;
  return size;
}

/** A shape as a kernel sees it that runs along the axes from `start` to before `end`. */
export function alongAxes(shape: Shape, start: number, end: number = start + 1): AxisSizes {
  return { outer: sizeOf(shape, 0, start), size: sizeOf(shape, start, end), inner: sizeOf(shape, end) };
}

/** Element strides of a contiguous row-major tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = [...shape];
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] as number;
  }
  return strides;
}

/** `[2, 3]` */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** True if both have the same extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** True if both have the same extents, those of axis `at` aside. */
export function sameBeside(a: Shape, b: Shape, at: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (i !== at && a[i] !== b[i]) return false;
  return true;
}

/** Checks extents given by a caller. @throws {ShapeError} unless all are whole numbers from 0. */
export function checkShape(op: string, shape: Shape): void {
  if (!Array.isArray(shape)) throw new ShapeError(`${op}: a shape is an array of whole numbers, got ${quote(shape)}`);
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new ShapeError(`${op}: a shape is made of whole numbers from 0, got ${show(shape)} with ${extent}`);
    }
  }
}

/** The shape that both broadcast to, as in NumPy; undefined if they do not. */
export function commonShape(a: Shape, b: Shape): number[] | undefined {
  const out = a.length < b.length ? [...b] : [...a];
  const other = a.length < b.length ? a : b;
  const lead = out.length - other.length;
  for (let i = lead; i < out.length; i++) {
    const x = out[i] as number;
    const y = other[i - lead] as number;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    if (x === 1) out[i] = y;
  }
  return out;
}

/** The same, as an operation wants it. @throws {ShapeError} if they do not broadcast */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const shape = commonShape(a, b);
  if (shape === undefined) throw new ShapeError(`${op}: shapes ${show(a)} and ${show(b)} do not broadcast`);
  return shape;
}

/** True if a tensor of `shape` can be repeated up to `target`. */
export function broadcastsTo(shape: Shape, target: Shape): boolean {
  const lead = target.length - shape.length;
  return lead >= 0 && shape.every((extent, i) => extent === 1 || extent === target[i + lead]);
}

/** Strides with which a tensor of `shape` is read at every index of `target`: 0 where it is repeated. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides = [...target];
  const lead = target.length - shape.length;
  let stride = 1;
  for (let i = target.length - 1; i >= 0; i--) {
    const extent = i < lead ? 1 : (shape[i - lead] as number);
    strides[i] = extent === 1 ? 0 : stride;
    stride *= extent;
  }
  return strides;
}

/** An axis counted from the front. Negative ones count from the back. @throws {OptionError} if out of range. */
export function checkAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new OptionError(
      rank === 0
        ? `${op}: a scalar has no axis ${axis}`
        : `${op}: axis must be an integer in [${-rank}, ${rank - 1}], got ${quote(axis)}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** 0, 1, ... to before `count`. */
export function countTo(count: number): number[] {
  const list = new Array<number>(count);
  for (let i = 0; i < count; i++) list[i] = i;
  return list;
}

/** Axes counted from the front, ascending; all of them for undefined. @throws {OptionError} for repeats or out of range. */
export function checkAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return countTo(rank);
  if (!Array.isArray(axes)) return [checkAxis(op, axes as number, rank)];
  const list = (axes as readonly number[]).map((axis) => checkAxis(op, axis, rank));
  list.sort((a, b) => a - b);
  if (list.some((axis, i) => axis === list[i - 1])) {
    throw new OptionError(`${op}: axis given twice in [${axes}]`);
  }
  return list;
}
