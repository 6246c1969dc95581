/** Borders around a tensor: one value everywhere, or what the tensor itself holds. */
import { isFloat, OptionError } from '@saccade/kernels';
import { quote } from '../arguments.js';
import { tensor } from '../create.js';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { requireHolds } from '../require-type.js';
import { syncScope } from '../scope.js';
import { type Shape, show, stridesOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { scatterAdd } from './indexing.js';
import { crop, withExtent } from './slice.js';
import { paste } from './strided-copy.js';

/**
 * What stands in a border: a number, or, counted from the edge of `a b c d`, two wide:
 * `'reflect'` c b | a b c d | c b, `'replicate'` a a | a b c d | d d, `'circular'` c d | a b c d | a b.
 */
export type Border = number | 'reflect' | 'replicate' | 'circular';

type Widths = readonly (readonly [before: number, after: number])[];

interface Mode {
  /** Where in an axis of `extent` the value at place `i` of the padded axis comes from, 0 being the axis's first. */
  readonly source: (i: number, extent: number) => number;
  /** The widest border of such an axis. */
  readonly most: (extent: number) => number;
}

const modes: Readonly<Record<string, Mode>> = {
  reflect: {
    source: (i, extent) => extent - 1 - Math.abs(extent - 1 - Math.abs(i)),
    most: (extent) => Math.max(0, extent - 1),
  },
  replicate: {
    source: (i, extent) => Math.min(Math.max(i, 0), extent - 1),
    most: (extent) => (extent === 0 ? 0 : Number.POSITIVE_INFINITY),
  },
  circular: { source: (i, extent) => (i + extent) % extent, most: (extent) => extent },
};

function checkWidths(x: Tensor<Shape>, widths: Widths): void {
  const isWidth = (w: number): boolean => Number.isSafeInteger(w) && w >= 0;
  const valid =
    Array.isArray(widths) &&
    widths.length === x.rank &&
    widths.every((pair) => pair?.length === 2 && pair.every(isWidth));
  if (valid) return;
  throw new OptionError(
    `pad: expected ${x.rank} pairs of whole numbers from 0 for ${show(x.shape)}, got ${quote(widths)}`,
  );
}

function paddedShape(x: Tensor<Shape>, widths: Widths): Shape {
  return x.shape.map((extent, i) => extent + widths[i]![0] + widths[i]![1]);
}

function padValue(x: Tensor<Shape>, widths: Widths, value: number): Tensor {
  const device = deviceOf('pad', x);
  requireHolds('pad', x.dtype, value);
  const shape = paddedShape(x, widths);
  const y = empty(device, x.dtype, shape);
  device.kernels.fill(bufferOf('pad', y), value);
  const strides = stridesOf(shape);
  const start = widths.map(([before]) => before);
  const offset = start.reduce((sum, before, i) => sum + before * strides[i]!, 0);
  if (x.size > 0) paste('pad', x, y, strides, offset);
  record(y, [x], [(g) => crop(g, start, x.shape)]);
  return y;
}

/** The three parts of each axis, before, in and behind `x`, are a block for every choice of one an axis. */
function copyBlocks(x: Tensor<Shape>, y: Tensor, widths: Widths, { source }: Mode): void {
  const { kernels } = deviceOf('pad', y);
  const [from, to] = [bufferOf('pad', x), bufferOf('pad', y)];
  const [strides, outStrides] = [stridesOf(x.shape), stridesOf(y.shape)];
  const visit = (axis: number, shape: Shape, xStrides: readonly number[], xOffset: number, outOffset: number): void => {
    if (axis === x.rank) {
      kernels.copy(from, to, { shape, xStrides, xOffset, outStrides, outOffset });
      return;
    }
    const [extent, stride] = [x.shape[axis]!, strides[axis]!];
    const [before, after] = widths[axis]!;
    const parts = [[-before, before], [0, extent], [extent, after]] as const; // biome-ignore format: pairs
    for (const [place, length] of parts) {
      if (length === 0) continue;
      const first = source(place, extent);
      const step = length === 1 ? 0 : source(place + 1, extent) - first;
      const at = outOffset + (place + before) * outStrides[axis]!;
      visit(axis + 1, [...shape, length], [...xStrides, step * stride], xOffset + first * stride, at);
    }
  };
  visit(0, [], [], 0, 0);
}

/** The adjoint of padding by a mode: each value of a border is added to the one it came from, axis by axis. */
function fold(y: Tensor, shape: Shape, widths: Widths, { source }: Mode): Tensor {
  return syncScope(() =>
    widths.reduce((t, [before, after], axis) => {
      if (before + after === 0) return t;
      const extent = shape[axis]!;
      const to = Int32Array.from({ length: before + extent + after }, (_, i) => source(i - before, extent));
      return scatterAdd(withExtent(t.shape, axis, extent), tensor(to, { device: t.device }), t, { axis });
    }, y),
  );
}

function padMode(x: Tensor<Shape>, widths: Widths, mode: Mode): Tensor {
  const y = empty(deviceOf('pad', x), x.dtype, paddedShape(x, widths));
  copyBlocks(x, y, widths, mode);
  if (isFloat(x.dtype)) record(y, [x], [(g) => fold(g, x.shape, widths, mode)]);
  return y;
}

/**
 * Surrounds `x` with a border: `widths[i]` is [before, after] along axis i. Default: zeros.
 * @throws {OptionError} for widths that are negative, fractional or not one pair an axis, or wider than the axis can give:
 *   'reflect' takes less than its extent, 'circular' up to its extent, 'replicate' needs an extent from 1
 * @throws {DTypeError} for a value that the type cannot hold
 */
export function pad(x: Tensor<Shape>, widths: Widths, border: Border = 0): Tensor {
  deviceOf('pad', x);
  checkWidths(x, widths);
  if (typeof border !== 'string') return padValue(x, widths, border);
  const mode = Object.hasOwn(modes, border) ? modes[border] : undefined;
  if (mode === undefined) {
    const names = Object.keys(modes).map((name) => `'${name}'`);
    throw new OptionError(`pad: a border is a number, ${names.join(', ')}, got ${quote(border)}`);
  }
  widths.forEach((pair, axis) => {
    const most = mode.most(x.shape[axis]!);
    if (Math.max(...pair) <= most) return;
    throw new OptionError(
      `pad: '${border}' takes widths up to ${most} for axis ${axis} of ${show(x.shape)}, got ${quote(pair)}`,
    );
  });
  return padMode(x, widths, mode);
}
