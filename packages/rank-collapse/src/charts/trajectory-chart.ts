/** Tokens in the plane from step to step, a panel for each network, as one SVG: Figure 3 of the paper, the circle. */
import {
  type Axis,
  axesSvg,
  chartSvg,
  escapeXml,
  evenAxis,
  type Frame,
  pixelOf,
  shortNumber,
  textWidth,
} from '@saccade/pictures';
import { checkOptions, OptionError, quote } from '@saccade/tensor';
import { type ChartOptions, chartNames, chartSize } from './chart-options.js';

/** Tokens that one network moves. */
export interface Trajectory {
  readonly name: string;
  /** For each token its place at each step, from the first on. What comes after a place that is not finite is left out. */
  readonly tokens: readonly (readonly (readonly [x: number, y: number])[])[];
}

const op = 'trajectoryChart';
const gap = 40;
const series = 6;

/**
 * A panel for each trajectory, all of one scale: a token begins at a ring, has a dot at each step, and ends at a disc. The text of an SVG file, readable in light and
 * dark. Panels are as high as they are wide.
 * @param options `title`; `width`, at most, which the panels share, default 856; `height` is not looked at
 * @throws {OptionError} for no trajectory, or none with a place
 */
export function trajectoryChart(trajectories: readonly Trajectory[], options: ChartOptions = {}): string {
  const { title = 'Where tokens go, step by step' } = checkOptions(op, options, chartNames);
  const { width } = chartSize(op, options);
  const panels = trajectories.map(({ name, tokens }) => ({ name, tokens: tokens.map(finitePart) }));
  const places = panels.flatMap(({ tokens }) => tokens.flat());
  if (places.length === 0) throw new OptionError(`${op}: there must be a place to draw, got ${quote(trajectories)}`);
  const columns = Math.min(panels.length, Math.max(1, Math.floor((width + gap) / 240)));
  const axes = squareAxes(places);
  const names = 20 + Math.max(...axes[1].ticks.map(({ text }) => textWidth(text)));
  const side = Math.min(480, (width - 24 - columns * names - (columns - 1) * 16) / columns);
  const parts = panels.map((panel, i) => {
    const left = 8 + names + (i % columns) * (side + names + 16);
    const top = 84 + Math.floor(i / columns) * (side + 72);
    return panelSvg(panel, axes, { left, right: left + side, top, bottom: top + side });
  });
  const used = Math.ceil(Math.max(8 + columns * (names + side + 16), 32 + textWidth(title, 16)));
  const height = Math.ceil(84 + Math.ceil(panels.length / columns) * (side + 72) - 24);
  const spoken = `${title}: ${panels.map(({ name, tokens }) => `${name}, ${tokens.length} tokens`).join('; ')}`;
  const legend = `<text class="soft" x="16" y="50">ring: first step, disc: last step</text>`;
  return chartSvg({ title, spoken, width: used, height }, [legend, ...parts]);
}

type Places = readonly (readonly [x: number, y: number])[];

function finitePart(path: Places): Places {
  const end = path.findIndex((place) => !place.every(Number.isFinite));
  return end < 0 ? path : path.slice(0, end);
}

/** Both axes of the same length, with all places in the middle. */
function squareAxes(places: Places): [Axis, Axis] {
  const span = (i: 0 | 1): readonly [number, number] => {
    const values = places.map((place) => place[i]);
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  };
  const spans = [span(0), span(1)] as const;
  const reach = 1.08 * (Math.max(...spans.map(([low, high]) => (high - low) / 2)) || 1);
  const axis = ([low, high]: readonly [number, number]): Axis => {
    const from = (low + high) / 2 - reach;
    const { ticks } = evenAxis(from, from + 2 * reach, 5);
    const place = (value: number): number => (value - from) / (2 * reach);
    return { place, ticks: ticks.filter(({ value }) => place(value) >= 0 && place(value) <= 1) };
  };
  return [axis(spans[0]), axis(spans[1])];
}

function panelSvg(
  { name, tokens }: { name: string; tokens: readonly Places[] },
  axes: readonly [Axis, Axis],
  frame: Frame,
): string {
  const heading = `<text x="${frame.left}" y="${frame.top - 10}">${escapeXml(name)}</text>`;
  const paths = tokens.map((path, i) => pathSvg(path, i, axes, frame));
  return `${heading}${axesSvg(axes, frame)}${paths.join('')}`;
}

function pathSvg(path: Places, token: number, axes: readonly [Axis, Axis], frame: Frame): string {
  if (path.length === 0) return '';
  const color = token % series;
  const pixels = path.map((place) => pixelOf(place, axes, frame));
  const line = `<path class="c${color}" stroke-width="1.6" d="M${pixels.map(([x, y]) => `${x} ${y}`).join('L')}"/>`;
  const circle = (i: number, look: string, radius: number): string => {
    const told = `token ${token}, step ${i}: (${path[i]!.map((value) => shortNumber(value)).join(', ')})`;
    const [x, y] = pixels[i]!;
    return `<circle class="${look}" cx="${x}" cy="${y}" r="${radius}"><title>${escapeXml(told)}</title></circle>`;
  };
  const last = path.length - 1;
  const between = path.map((_, i) => (i > 0 && i < last ? circle(i, `d${color}`, 2) : ''));
  const end = last > 0 ? circle(last, `d${color}`, 5) : '';
  return `${line}${between.join('')}${circle(0, `c${color} hollow" stroke-width="2`, 5)}${end}`;
}
