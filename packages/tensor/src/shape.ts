/** Shapes: their types, sizes, strides, axes and how they broadcast. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { quote } from './arguments.js';

/** Extents of the axes, outermost first; empty for a scalar. */
export type Shape = readonly number[];

/** Product of the extents. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i] as number;
  return size;
}

/** Element strides of a contiguous row-major tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
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
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out[rank - i] = x === 1 ? y : x;
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
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : (own[i - lead] as number)));
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

/** Axes counted from the front, ascending; all of them for undefined. @throws {OptionError} for repeats or out of range. */
export function checkAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number]).map((axis) =>
    checkAxis(op, axis, rank),
  );
  list.sort((a, b) => a - b);
  if (list.some((axis, i) => axis === list[i - 1])) {
    throw new OptionError(`${op}: axis given twice in [${axes}]`);
  }
  return list;
}
