/** Reduce kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { AxisSizes, ReduceKernels, ReduceOp } from '../table/reduce.js';

/** One folded line: its first element, the distance to the next, and how many there are. */
interface Line {
  readonly x: TypedArray;
  readonly at: number;
  readonly step: number;
  readonly size: number;
}

function fold({ x, at, step, size }: Line, start: number, add: (sum: number, value: number) => number): number {
  let sum = start;
  for (let s = 0; s < size; s++) sum = add(sum, x[at + s * step]!);
  return sum;
}

const plus = (sum: number, value: number): number => sum + value;
/** Extremes of nothing; for int32 the ends of its range. */
const lowest = (x: TypedArray): number => (x instanceof Int32Array ? -(2 ** 31) : Number.NEGATIVE_INFINITY);
const highest = (x: TypedArray): number => (x instanceof Int32Array ? 2 ** 31 - 1 : Number.POSITIVE_INFINITY);

function logSumExp(line: Line): number {
  const maximum = fold(line, Number.NEGATIVE_INFINITY, Math.max);
  // Infinite or NaN already says it all; subtracting it would not.
  if (!Number.isFinite(maximum)) return maximum;
  return maximum + Math.log(fold(line, 0, (sum, value) => sum + Math.exp(value - maximum)));
}

const folds: Readonly<Record<ReduceOp, (line: Line) => number>> = {
  sum: (line) => fold(line, 0, plus),
  mean: (line) => fold(line, 0, plus) / line.size,
  prod: (line) => fold(line, 1, line.x instanceof Int32Array ? Math.imul : (product, value) => product * value),
  max: (line) => fold(line, lowest(line.x), Math.max),
  min: (line) => fold(line, highest(line.x), Math.min),
  logSumExp,
  norm1: (line) => fold(line, 0, (sum, value) => sum + Math.abs(value)),
  norm2: (line) => Math.sqrt(fold(line, 0, (sum, value) => sum + value * value)),
  sumSquares: (line) => fold(line, 0, (sum, value) => sum + value * value),
  any: (line) => fold(line, 0, (found, value) => Number(found !== 0 || value !== 0)),
  all: (line) => fold(line, 1, (found, value) => Number(found !== 0 && value !== 0)),
};

/** Calls `visit` with every folded line of x and its place in the result. */
function eachLine(x: TypedArray, { outer, size, inner }: AxisSizes, visit: (line: Line, place: number) => void): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) visit({ x, at: o * size * inner + i, step: inner, size }, o * inner + i);
  }
}

/** Whether `value` displaces `best`: a first NaN does, equals do not. */
function displaces(op: 'argmax' | 'argmin', value: number, best: number): boolean {
  if (Number.isNaN(best)) return false;
  return Number.isNaN(value) || (op === 'argmax' ? value > best : value < best);
}

export const reduce: ReduceKernels<TypedArray> = {
  reduce(op, x, out, axis) {
    eachLine(x, axis, (line, place) => {
      out[place] = folds[op](line);
    });
  },

  argReduce(op, x, out, axis) {
    eachLine(x, axis, ({ at, step, size }, place) => {
      let best = 0;
      for (let s = 1; s < size; s++) if (displaces(op, x[at + s * step]!, x[at + best * step]!)) best = s;
      out[place] = best;
    });
  },

  cumsum(x, out, axis, exclusive, reverse) {
    eachLine(x, axis, ({ at, step, size }) => {
      let sum = 0;
      for (let s = 0; s < size; s++) {
        const place = at + (reverse ? size - 1 - s : s) * step;
        const before = sum;
        sum += x[place]!;
        out[place] = exclusive ? before : sum;
      }
    });
  },
};
