/** Windows that slide over images: strides, dilation, padding, and the sizes that follow. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { quote } from '../arguments.js';

/** One number for both image axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

/**
 * Padding: 'valid' none; 'same' so that the result has ceil(size / stride) positions, the odd one below and right; a
 * number or [vertical, horizontal] on both sides; or [[top, bottom], [left, right]].
 */
export type Padding = 'valid' | 'same' | Pair | readonly [readonly [number, number], readonly [number, number]];

/** One axis of a sliding window. */
export interface WindowAxis {
  readonly before: number;
  readonly out: number;
}

/** The two numbers, checked. @throws {OptionError} unless they are integers from `least` */
export function checkPair(op: string, name: string, value: Pair, least: number): readonly [number, number] {
  const pair = typeof value === 'number' ? ([value, value] as const) : value;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && n >= least)) {
    throw new OptionError(`${op}: ${name} must be an integer from ${least} or two of them, got ${quote(value)}`);
  }
  return pair;
}

function sides(op: string, padding: Exclude<Padding, string>, axis: 0 | 1): readonly [number, number] {
  const entry = typeof padding === 'number' ? padding : padding[axis];
  const pair = typeof entry === 'number' ? ([entry, entry] as const) : entry;
  if (pair?.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new OptionError(`${op}: padding must be 'valid', 'same' or whole numbers from 0, got ${quote(padding)}`);
  }
  return pair;
}

/** Padding before and number of positions along one axis. @throws {ShapeError} if the window is larger than the padded image */
export function windowAxis(
  op: string,
  axis: 0 | 1,
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: Padding,
): WindowAxis {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'same') {
    const out = Math.ceil(size / stride);
    const total = Math.max(0, (out - 1) * stride + reach - size);
    return { before: Math.floor(total / 2), out };
  }
  if (typeof padding === 'string' && padding !== 'valid') {
    throw new OptionError(`${op}: padding must be 'valid', 'same' or whole numbers from 0, got ${quote(padding)}`);
  }
  const [before, after] = padding === 'valid' ? [0, 0] : sides(op, padding as Exclude<Padding, string>, axis);
  const out = Math.floor((size + before + after - reach) / stride) + 1;
  if (out < 1) {
    throw new ShapeError(`${op}: a window of ${reach} does not fit into ${size} with padding ${before} and ${after}`);
  }
  return { before, out };
}
