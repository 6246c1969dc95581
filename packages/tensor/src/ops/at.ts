/** Indexing as in NumPy: whole numbers, ranges, new axes, the rest, lists of positions. */
import { IndexError, OptionError, ShapeError } from '@saccade/kernels';
import { quote } from '../arguments.js';
import { deviceOf, drop, requireOn } from '../engine.js';
import { requireType } from '../require-type.js';
import { syncScope } from '../scope.js';
import { type Shape, sameShape, show } from '../shape.js';
import { isTensor, type Tensor } from '../tensor.js';
import { gather } from './indexing.js';
import { reshape } from './reshape.js';
import { type Run, sliceRuns } from './slice.js';

/**
 * One position of an index:
 * a whole number drops its axis (negative ones count from the back); `'start:stop:step'` takes a range, each part optional,
 * as in Python; `null` inserts an axis of extent 1; `'...'` stands for all axes not named; an int32 tensor [n] takes
 * those positions.
 */
export type Index = number | string | null | Tensor<Shape>;

/** A part of a range: a number, or undefined where nothing stands. */
const partOf = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));

/** A position on an axis of `extent`, negative ones counted from the back, moved into [low, high]. */
function clamp(part: number | undefined, absent: number, extent: number, low: number, high: number): number {
  if (part === undefined) return absent;
  return Math.min(Math.max(part < 0 ? part + extent : part, low), high);
}

/** The run that Python's start:stop:step means on an axis of `extent`. */
function parseRange(text: string, extent: number): Run {
  if (text === ':') return { start: 0, step: 1, length: extent };
  const parts = typeof text === 'string' ? text.split(':').map(partOf) : [];
  const [first, last, step = 1] = parts;
  const whole = parts.every((part) => part === undefined || Number.isInteger(part));
  if (parts.length < 2 || parts.length > 3 || step === 0 || !whole) {
    throw new OptionError(`at: expected a range such as '1:-1' or '::2', got ${quote(text)}`);
  }
  if (step > 0) {
    const start = clamp(first, 0, extent, 0, extent);
    const stop = clamp(last, extent, extent, 0, extent);
    return { start, step, length: Math.max(0, Math.ceil((stop - start) / step)) };
  }
  const start = clamp(first, extent - 1, extent, -1, extent - 1);
  const stop = clamp(last, -1, extent, -1, extent - 1);
  return { start, step, length: Math.max(0, Math.ceil((stop - start) / step)) };
}

function parseNumber(position: number, axis: number, shape: Shape): Run {
  const extent = shape[axis] as number;
  const start = position < 0 ? position + extent : position;
  if (!Number.isInteger(position) || start < 0 || start >= extent) {
    throw new IndexError(`at: index ${position} is outside axis ${axis} of extent ${extent}, shape ${show(shape)}`);
  }
  return { start, step: 1, length: 1 };
}

/**
 * Part of a tensor, as a copy: `x.at(0)`, `x.at('1:', -1)`, `x.at('...', null)`, `x.at(positions, ':')`.
 * @throws {IndexError} for a position out of range
 * @throws {OptionError} for a range that cannot be read
 * @throws {ShapeError} for more positions than axes
 */
export function at(x: Tensor<Shape>, ...indices: Index[]): Tensor {
  const device = deviceOf('at', x);
  let named = 0;
  let rests = 0;
  for (const index of indices) {
    if (index === '...') rests += 1;
    else if (index !== null) named += 1;
  }
  if (named > x.rank || rests > 1) {
    throw new ShapeError(`at: ${indices.length} positions do not fit ${show(x.shape)}`);
  }
  const runs: Run[] = [];
  const shape: number[] = [];
  const lists: { axis: number; positions: Tensor<Shape> }[] = [];
  let isWhole = true;
  const whole = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const length = x.shape[runs.length] as number;
      runs.push({ start: 0, step: 1, length });
      shape.push(length);
    }
  };
  for (const index of indices) {
    if (index === null) shape.push(1);
    else if (index === '...') whole(x.rank - named);
    else if (isTensor(index)) {
      requireOn('at', device, index);
      requireType('at', 'positions', index, 'int32');
      if (index.rank !== 1) throw new ShapeError(`at: positions must be [n], got ${show(index.shape)}`);
      lists.push({ axis: shape.length, positions: index });
      whole(1);
    } else {
      const extent = x.shape[runs.length] as number;
      const isNumber = typeof index === 'number';
      const run = isNumber ? parseNumber(index, runs.length, x.shape) : parseRange(index, extent);
      runs.push(run);
      if (!isNumber) shape.push(run.length);
      isWhole &&= run.step === 1 && run.length === extent;
    }
  }
  whole(x.rank - runs.length);
  if (lists.length === 0) return window(x, runs, shape, isWhole);
  return syncScope(() => {
    const shaped = window(x, runs, shape, isWhole);
    return lists.reduce((t, { axis, positions }) => gather(t, positions, { axis }), shaped);
  });
}

/** The part of `x` that the runs take, in a shape of as many elements. */
function window(x: Tensor<Shape>, runs: readonly Run[], shape: Shape, isWhole: boolean): Tensor {
  if (isWhole) return reshape(x, shape);
  const cut = sliceRuns('at', x, runs);
  if (sameShape(cut.shape, shape)) return cut;
  const y = reshape(cut, shape);
  drop(cut);
  return y;
}
