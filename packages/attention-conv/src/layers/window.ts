/** Where the queries of a layer stand, and what they see beyond the image's edge. */
import { OptionError, quote, ShapeError } from '@saccade/tensor';
import type { Border } from './border.js';
import type { Axis } from './grid.js';

/** The queries of a layer; by default one for each pixel, and nothing around the image. */
export interface Window {
  /** Queries stand at 0, stride, 2 stride, ... along each axis. Default 1. */
  readonly stride: readonly number[];
  /** How many more query positions than pixels there are at stride 1, for each axis; 0 by default, below 0 for a convolution without padding. */
  readonly growth: readonly number[];
  readonly border: Border;
}

/** One query for each pixel. */
export function everyPixel(dims: number): Window {
  const each = (value: number): number[] => new Array<number>(dims).fill(value);
  return { stride: each(1), growth: each(0), border: { kind: 'native' } };
}

/** @throws {OptionError} unless strides are whole numbers from 1, growths whole numbers, and widths whole numbers from 0, one (pair) an axis */
export function checkWindow(op: string, { stride, growth, border }: Window, dims: number): void {
  const isList = (list: unknown, least: number): boolean =>
    Array.isArray(list) && list.length === dims && list.every((v) => Number.isSafeInteger(v) && v >= least);
  if (!isList(stride, 1)) {
    throw new OptionError(`${op}: stride must be ${dims} whole numbers from 1, got ${quote(stride)}`);
  }
  if (!isList(growth, Number.NEGATIVE_INFINITY)) {
    throw new OptionError(`${op}: growth must be ${dims} whole numbers, got ${quote(growth)}`);
  }
  if (!['native', 'sink', 'pad'].includes(border?.kind)) {
    throw new OptionError(`${op}: a border is of kind native, sink or pad, got ${quote(border?.kind)}`);
  }
  if (border.kind !== 'pad') return;
  const { widths, mode } = border;
  if (!['zeros', 'reflect', 'replicate', 'circular'].includes(mode)) {
    throw new OptionError(`${op}: paddingMode must be zeros, reflect, replicate or circular, got ${quote(mode)}`);
  }
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((v) => Number.isSafeInteger(v) && v >= 0);
  if (Array.isArray(widths) && widths.length === dims && widths.every(isPair)) return;
  throw new OptionError(`${op}: padding must be ${dims} pairs of whole numbers from 0, got ${quote(widths)}`);
}

/** The grid for an image. @throws {ShapeError} if an axis has no room for a query */
export function axesFor(op: string, { stride, growth, border }: Window, extents: readonly number[]): Axis[] {
  return extents.map((extent, i) => {
    const [step, more] = [stride[i] as number, growth[i] as number];
    const queries = Math.floor((extent + more - 1) / step) + 1;
    if (queries < 1 || extent < 1) {
      throw new ShapeError(`${op}: axis ${i} of extent ${extent} is too small: nothing would come out`);
    }
    const [before, after] = border.kind === 'pad' ? (border.widths[i] as readonly [number, number]) : [0, 0];
    return { first: -before || 0, keys: before + extent + after, stride: step, queries };
  });
}
