/** Indexing as in NumPy: whole numbers, ranges, new axes, the rest, lists of positions. */
import { IndexError, OptionError, ShapeError } from '@saccade/kernels';
import { quote } from '../arguments.js';
import { deviceOf, requireType } from '../engine.js';
import { syncScope } from '../scope.js';
import { type Shape, show } from '../shape.js';
import { isTensor, type Tensor } from '../tensor.js';
import { gather } from './indexing.js';
import { type Run, sliceRuns } from './layout.js';
import { reshape } from './reshape.js';

/**
 * One position of an index:
 * a whole number drops its axis (negative ones count from the back); `'start:stop:step'` takes a range, each part optional,
 * as in Python; `null` inserts an axis of extent 1; `'...'` stands for all axes not named; an int32 tensor [n] takes
 * those positions.
 */
export type Index = number | string | null | Tensor<Shape>;

/** The run that Python's start:stop:step means on an axis of `extent`. */
function parseRange(text: string, extent: number): Run {
  const match = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/.exec(text);
  const step = match?.[3] === undefined ? 1 : Number(match[3]);
  if (match === null || step === 0) {
    throw new OptionError(`at: expected a range such as '1:-1' or '::2', got ${quote(text)}`);
  }
  const clamp = (part: string | undefined, absent: number, low: number, high: number): number => {
    if (part === undefined) return absent;
    const position = Number(part) < 0 ? Number(part) + extent : Number(part);
    return Math.min(Math.max(position, low), high);
  };
  if (step > 0) {
    const start = clamp(match[1], 0, 0, extent);
    const stop = clamp(match[2], extent, 0, extent);
    return { start, step, length: Math.max(0, Math.ceil((stop - start) / step)) };
  }
  const start = clamp(match[1], extent - 1, -1, extent - 1);
  const stop = clamp(match[2], -1, -1, extent - 1);
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
  deviceOf('at', x, ...indices.filter((index) => isTensor(index)));
  const named = indices.filter((index) => index !== null && index !== '...').length;
  const rests = indices.filter((index) => index === '...').length;
  if (named > x.rank || rests > 1) {
    throw new ShapeError(`at: ${indices.length} positions do not fit ${show(x.shape)}`);
  }
  const full = rests === 1 ? indices : [...indices, '...'];
  const runs: Run[] = [];
  const shape: number[] = [];
  const lists: { axis: number; positions: Tensor<Shape> }[] = [];
  const whole = (): void => {
    const length = x.shape[runs.length] as number;
    runs.push({ start: 0, step: 1, length });
    shape.push(length);
  };
  for (const index of full) {
    const extent = x.shape[runs.length] as number;
    if (index === null) shape.push(1);
    else if (index === '...') for (let rest = x.rank - named; rest > 0; rest--) whole();
    else if (typeof index === 'number') runs.push(parseNumber(index, runs.length, x.shape));
    else if (isTensor(index)) {
      requireType('at', 'positions', index, 'int32');
      if (index.rank !== 1) throw new ShapeError(`at: positions must be [n], got ${show(index.shape)}`);
      lists.push({ axis: shape.length, positions: index });
      whole();
    } else {
      const run = parseRange(index as string, extent);
      runs.push(run);
      shape.push(run.length);
    }
  }
  const isWhole = runs.every((run, i) => run.step === 1 && run.length === x.shape[i]);
  return syncScope(() => {
    const window = isWhole ? (x as Tensor) : sliceRuns('at', x, runs);
    const shaped: Tensor = reshape(window, shape);
    return lists.reduce((t, { axis, positions }) => gather(t, positions, { axis }), shaped);
  });
}
