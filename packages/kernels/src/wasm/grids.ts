/** Describes a convolution, forward or by its input, as a grid of points with taps: what assembly/patches.ts walks. */
import type { ConvSizes } from '../table/convolution.js';

/** The taps along one axis that some residue of positions sees. */
interface Taps {
  readonly count: number;
  /** Position that the first tap of the first point reads. */
  readonly first: number;
  /** Positions from tap to tap. */
  readonly step: number;
  /** Filter row or column of the first tap, and from tap to tap. */
  readonly filter: number;
  readonly filterStep: number;
}

/** A grid's geometry along one axis. */
interface Axis {
  readonly grid: number;
  readonly source: number;
  readonly sourceStep: number;
  readonly out: number;
  readonly outStep: number;
  readonly outFirst: number;
  readonly taps: Taps;
}

/** The words of the parameter block, in the order of assembly/patches.ts. */
export interface Grid {
  readonly words: readonly number[];
  readonly points: number;
  /** Lines of points. */
  readonly lines: number;
  /** Taps times channels of a group: the inner axis. */
  readonly steps: number;
  /** Result channels of a group. */
  readonly columns: number;
  /** Points land side by side. */
  readonly inPlace: boolean;
  /** Points of a line. */
  readonly width: number;
  /** Source columns from point to point, and how many a point sees, if they are neighbours; otherwise 0. */
  readonly stepX: number;
  readonly reachX: number;
  /** Values of one source column that a point sees. */
  readonly columnSteps: number;
}

function gridOf(s: ConvSizes, y: Axis, x: Axis, channels: number, outChannels: number): Grid {
  const depth = channels / s.groups;
  const columns = outChannels / s.groups;
  // One list, not a spread of several: on small images that would take longer than the convolution.
  // biome-ignore format: a table
  const words = [
    s.batch, y.grid, x.grid, y.source, x.source, channels, y.sourceStep, x.sourceStep,
    y.taps.count, x.taps.count, y.taps.first, x.taps.first, y.taps.step, x.taps.step,
    depth, columns, outChannels, s.groups,
    y.out, x.out, y.outStep, x.outStep, y.outFirst, x.outFirst,
    s.kernelWidth, y.taps.filter, x.taps.filter, y.taps.filterStep, x.taps.filterStep,
  ];
  return {
    words,
    points: s.batch * y.grid * x.grid,
    lines: s.batch * y.grid,
    steps: y.taps.count * x.taps.count * depth,
    columns,
    inPlace: y.outStep === 1 && x.outStep === 1,
    width: x.grid,
    stepX: x.sourceStep,
    reachX: x.taps.step === 1 || x.taps.count === 1 ? x.taps.count : 0,
    columnSteps: y.taps.count * depth,
  };
}

/** The grid of a convolution's results over its input. */
export function forwardGrid(s: ConvSizes): Grid {
  const axis = (
    grid: number,
    source: number,
    sourceStep: number,
    count: number,
    padding: number,
    step: number,
  ): Axis => ({
    grid,
    source,
    sourceStep,
    out: grid,
    outStep: 1,
    outFirst: 0,
    taps: { count, first: 0 - padding, step, filter: 0, filterStep: 1 },
  });
  const y = axis(s.outHeight, s.inHeight, s.strideY, s.kernelHeight, s.padTop, s.dilationY);
  const x = axis(s.outWidth, s.inWidth, s.strideX, s.kernelWidth, s.padLeft, s.dilationX);
  return gridOf(s, y, x, s.inChannels, s.outChannels);
}

/** The results that see positions `phase`, `phase` + stride, ... of the input: result = (position + padding - k dilation) / stride. */
function tapsOfPhase(phase: number, kernel: number, stride: number, dilation: number, padding: number): Taps {
  const seen: number[] = [];
  for (let k = kernel - 1; k >= 0; k--) if ((phase + padding - k * dilation) % stride === 0) seen.push(k);
  const [filter = 0, second = filter] = seen;
  const filterStep = second - filter;
  return {
    count: seen.length,
    first: (phase + padding - filter * dilation) / stride,
    // The last filter row comes first, so that taps read upwards.
    step: filterStep === 0 ? 1 : (-filterStep * dilation) / stride,
    filter,
    filterStep,
  };
}

/** One grid for each phase of the input's pixels under the strides; its source is the results' gradient. */
export function inputGrids(s: ConvSizes): Grid[] {
  const phases = (
    size: number,
    source: number,
    stride: number,
    kernel: number,
    dilation: number,
    padding: number,
  ): Axis[] =>
    Array.from({ length: Math.min(stride, size) }, (_, phase) => ({
      grid: Math.ceil((size - phase) / stride),
      source,
      sourceStep: 1,
      out: size,
      outStep: stride,
      outFirst: phase,
      taps: tapsOfPhase(phase, kernel, stride, dilation, padding),
    }));
  const ys = phases(s.inHeight, s.outHeight, s.strideY, s.kernelHeight, s.dilationY, s.padTop);
  const xs = phases(s.inWidth, s.outWidth, s.strideX, s.kernelWidth, s.dilationX, s.padLeft);
  return ys.flatMap((y) => xs.map((x) => gridOf(s, y, x, s.outChannels, s.inChannels)));
}
