/** Contributions by path length as bars with error bars, and the share of all paths below, as one SVG. */
import {
  type Axis,
  chartSvg,
  evenAxis,
  type Frame,
  logAxis,
  shortNumber,
  textWidth,
  wholeAxis,
} from '@saccade/pictures';
import { checkOptions, OptionError, quote, requireFlag } from '@saccade/tensor';
import { barPanel, errorOf } from './bar-panel.js';
import { type ChartOptions, chartNames, chartSize } from './chart-options.js';
import { lowestOf } from './positive-scale.js';

/** All paths of one length. */
export interface LengthBar {
  readonly length: number;
  /** Size of what they contribute, from 0. */
  readonly norm: number;
  /** Of the norm, as of an estimate: an error bar from one below to one above. Default: none; NaN is none too. */
  readonly error?: number | undefined;
  /** How many of all paths they are, in [0, 1], as `pathCounts` tells. Where all are given they are drawn below. */
  readonly proportion?: number | undefined;
}

/** Options of `lengthChart`. */
export interface LengthChartOptions extends ChartOptions {
  /** Whether the axis of the norms is logarithmic. Default true. */
  readonly log?: boolean | undefined;
  /** Name of the axis of the norms. Default: norm of the contribution. */
  readonly yLabel?: string | undefined;
}

const op = 'lengthChart';

/**
 * A bar for each path length, in the text of an SVG file that is readable in light and dark. A norm of 0 has no bar but a 0.
 * @throws {OptionError} for options out of range, and values that are not finite or below 0
 */
export function lengthChart(bars: readonly LengthBar[], options: LengthChartOptions = {}): string {
  const { log = true, title = 'What paths of each length contribute' } = checkOptions(op, options, [
    ...chartNames,
    'log',
    'yLabel',
  ]);
  const { yLabel = 'norm of the contribution' } = options;
  requireFlag(op, 'log', log);
  for (const bar of bars) requireBar(bar);
  const { width, height } = chartSize(op, options);
  const shares = bars.flatMap(({ proportion }) => proportion ?? []);
  const hasShares = bars.length > 0 && shares.length === bars.length;
  const axis = barAxis(bars, log);
  const left = 24 + Math.max(...axis.ticks.map(({ text }) => textWidth(text)), 28);
  const frame: Frame = { left, right: width - 24, top: 74, bottom: height - 54 };
  const below: Frame = { ...frame, top: frame.bottom + 84, bottom: frame.bottom + 204 };
  const x = lengthAxis(bars, Math.floor(width / 72));
  const norms = bars.map(({ length, norm, error }) => ({ place: length, value: norm, error }));
  const byShare = bars.map(({ length, proportion = 0 }) => ({ place: length, value: proportion }));
  const { bottom } = hasShares ? below : frame;
  const spoken = `${title}: ${bars.map(({ length, norm }) => `length ${length} ${shortNumber(norm)}`).join(', ')}`;
  return chartSvg({ title, spoken, width, height: bottom + 54 }, [
    barPanel(norms, { axes: [x, axis], frame, color: 0, label: yLabel, unit: 'length' }),
    hasShares
      ? barPanel(byShare, {
          axes: [x, zeroAxis(shares, 4)],
          frame: below,
          color: 1,
          label: 'share of all paths',
          unit: 'length',
        })
      : '',
    `<text class="soft" x="${(frame.left + frame.right) / 2}" y="${bottom + 42}" text-anchor="middle">path length</text>`,
  ]);
}

/** @throws {OptionError} */
function requireBar({ length, norm, proportion = 0 }: LengthBar): void {
  const fits = (value: number): boolean => Number.isFinite(value) && value >= 0;
  for (const [name, value] of Object.entries({ length, norm, proportion })) {
    if (fits(value)) continue;
    throw new OptionError(`${op}: ${name} must be a number from 0, got ${quote(value)} at length ${quote(length)}`);
  }
}

/** Lengths with half a bar of room at both ends. */
function lengthAxis(bars: readonly LengthBar[], most: number): Axis {
  const lengths = bars.map(({ length }) => length);
  const [low, high] = [Math.min(...lengths) - 0.5, Math.max(...lengths) + 0.5];
  const { ticks } = wholeAxis(evenAxis(low + 0.5, high - 0.5, most));
  return {
    place: (value) => (value - low) / (high - low),
    ticks: ticks.filter(({ value }) => value > low && value < high),
  };
}

/** From 0 up. */
function zeroAxis(values: readonly number[], most: number): Axis {
  return evenAxis(0, Math.max(...values, Number.MIN_VALUE), most);
}

/** From below the least to above the greatest, with their errors. */
function barAxis(bars: readonly LengthBar[], log: boolean): Axis {
  const highs = bars.map(({ norm, error }) => norm + errorOf(error));
  if (!log) return zeroAxis(highs, 6);
  const lowest = lowestOf(
    bars.map(({ norm }) => norm),
    1,
  );
  const highest = Math.max(lowest, ...highs);
  // The least bar is seen too.
  const room = (highest / lowest) ** 0.06 * 1.2;
  return logAxis(lowest / room, highest * (highest / lowest) ** 0.04, 6);
}
