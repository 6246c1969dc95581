/** The axes of a chart: their labels, ticks and scales. */
import type * as Plot from '@observablehq/plot';
import type { Chart } from './figure.js';
import { numberText } from './number-text.js';
import { drawable } from './series.js';

/** A form in which a chart is drawn. */
export interface Size {
  readonly name: 'wide' | 'narrow';
  readonly width: number;
  readonly height: number;
  readonly ticks: number;
}

/** The least and the greatest value of an axis, 0 for x and 1 for y. */
function range(chart: Chart, axis: 0 | 1): [number, number] {
  const points = chart.series.flatMap((one) => drawable(one.points, chart.x.log === true, chart.y.log === true));
  const fold = (pick: (a: number, b: number) => number): number => points.map((point) => point[axis]).reduce(pick);
  return [fold((a, b) => Math.min(a, b)), fold((a, b) => Math.max(a, b))];
}

/** A logarithmic axis names powers of ten; also 2 and 5 between them, or all, where it spans little. */
function logScale([low, high]: [number, number]): Plot.ScaleOptions {
  const decades = Math.log10(high / low);
  const named = decades > 2.5 ? [1] : decades > 0.7 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const tickFormat = (value: number): string => {
    const first = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
    return named.includes(first) ? numberText(value) : '';
  };
  return { type: 'log', tickFormat };
}

/** The horizontal axis. */
export function xScale(chart: Chart, { ticks }: Size): Plot.ScaleOptions {
  const { label, log, names } = chart.x;
  const inset = chart.series.some(({ style }) => style === 'bars' || style === 'dots') ? 10 : 0;
  const shared = { label, inset, labelArrow: 'none', labelAnchor: 'center', labelOffset: 42 } as const;
  if (names !== undefined) {
    return { ...shared, ticks: names.map((_, i) => i), tickFormat: (i: number) => names[i] ?? '' };
  }
  if (log) return { ...shared, ...logScale(range(chart, 0)) };
  return { ...shared, ticks, tickFormat: (value: number) => numberText(value) };
}

/** The vertical axis. */
export function yScale(chart: Chart): Plot.ScaleOptions {
  const shared = { label: chart.y.label, labelArrow: 'none', grid: true } as const;
  if (chart.y.log) return { ...shared, ...logScale(range(chart, 1)) };
  return { ...shared, ticks: 5, nice: true, tickFormat: (value: number) => numberText(value) };
}
