/** Charts as SVG by Observable Plot, in a wide and a narrow form; the page shows the one that is readable. */
import * as Plot from '@observablehq/plot';
import { escapeHtml } from '@saccade/pictures';
import { parseHTML } from 'linkedom';
import { type Size, xScale, yScale } from './chart-axes.js';
import type { Chart, Point, Series } from './figure.js';
import { drawable, movingMean, thin } from './series.js';

/** So many colours the page has for series: `--series-1` and so on. */
const colors = 6;
const dashes = ['', '', '', '7 3', '2 3', '7 3 2 3'];
const mostPoints = 1000;

const sizes: readonly Size[] = [
  { name: 'wide', width: 856, height: 350, ticks: 8 },
  { name: 'narrow', width: 360, height: 270, ticks: 4 },
];

/** How a series is drawn. */
interface Look {
  readonly color: string;
  readonly dash: string;
}

function look(index: number): Look {
  return { color: `var(--series-${(index % colors) + 1})`, dash: dashes[index % dashes.length] ?? '' };
}

/** A bar of a group as a rectangle. */
interface Block {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

/** The bars of a series, side by side with those of the others at the same x. */
function blocks(chart: Chart, series: Series, points: readonly Point[]): Block[] {
  const log = chart.x.log === true;
  const [place, value] = log ? [Math.log, Math.exp] : [(x: number) => x, (x: number) => x];
  const bars = chart.series.filter(({ style }) => style === 'bars');
  const places = [...new Set(bars.flatMap((one) => drawable(one.points, log, false).map(([x]) => place(x))))].sort(
    (a, b) => a - b,
  );
  const gaps = places.slice(1).map((x, i) => x - (places[i] ?? 0));
  const width = (0.75 * Math.min(...(gaps.length > 0 ? gaps : [1]))) / bars.length;
  const offset = bars.indexOf(series) - bars.length / 2;
  const least = Math.min(...bars.flatMap((one) => drawable(one.points, false, true).map(([, y]) => y)));
  const floor = chart.y.log ? 10 ** (Math.ceil(Math.log10(least)) - 1) : 0;
  return points.map(([x, y]) => {
    const left = place(x) + offset * width;
    return { x1: value(left + 0.04 * width), x2: value(left + 0.96 * width), y1: floor, y2: y };
  });
}

function seriesMarks(chart: Chart, series: Series, index: number): Plot.Markish[] {
  const { color, dash } = look(index);
  const points = drawable(series.points, chart.x.log === true, chart.y.log === true);
  const [x, y] = ['0', '1'];
  if (series.style === 'dots') return [Plot.dot(points, { x, y, fill: color, fillOpacity: 0.8, r: 3 })];
  if (series.style === 'bars') {
    return [Plot.rect(blocks(chart, series, points), { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: color })];
  }
  const thick = { x, y, stroke: color, strokeWidth: 2.25, strokeDasharray: dash, strokeLinejoin: 'round' } as const;
  const raw = thin(points, mostPoints);
  if (series.smooth === undefined || series.smooth === 1) return [Plot.line(raw, thick)];
  return [
    Plot.line(raw, { x, y, stroke: color, strokeWidth: 1, strokeOpacity: 0.28 }),
    Plot.line(thin(movingMean(points, series.smooth), mostPoints), thick),
  ];
}

function ruleMarks({ rules = [] }: Chart): Plot.Markish[] {
  const halo = { stroke: 'var(--paper)', strokeWidth: 4, fill: 'currentColor' };
  const place = { frameAnchor: 'right', textAnchor: 'end', lineAnchor: 'bottom', dy: -4 } as const;
  return rules.flatMap((rule) => [
    Plot.ruleY([rule.y], { stroke: 'currentColor', strokeDasharray: '4 4', strokeOpacity: 0.7 }),
    Plot.text([rule], { y: 'y', text: 'label', ...place, ...halo }),
  ]);
}

/** What a chart says to those who do not see it. */
function spoken({ title, x, y, series }: Chart): string {
  return `${title}: ${y.label} by ${x.label}, for ${series.map(({ name }) => name).join(', ')}`;
}

function drawing(chart: Chart, size: Size): string {
  const { document } = parseHTML('<html><body></body></html>');
  const plot = Plot.plot({
    document,
    width: size.width,
    height: size.height,
    marginLeft: 56,
    marginRight: 16,
    marginTop: 30,
    marginBottom: 48,
    style: { background: 'transparent', overflow: 'visible', fontSize: '12.5px', fontFamily: 'inherit' },
    x: xScale(chart, size),
    y: yScale(chart),
    marks: [...chart.series.flatMap((series, i) => seriesMarks(chart, series, i)), ...ruleMarks(chart)],
  });
  plot.classList.add('chart', size.name);
  return plot.outerHTML;
}

function sample({ style }: Series, { color, dash }: Look): string {
  const shape = {
    line: `<path d="M0 6H24" stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash}"/>`,
    dots: `<circle cx="12" cy="6" r="4" fill="${color}"/>`,
    bars: `<rect x="6" width="12" height="12" rx="1" fill="${color}"/>`,
  }[style ?? 'line'];
  return `<svg aria-hidden="true" width="24" height="12">${shape}</svg>`;
}

function legend({ series }: Chart): string {
  if (series.length === 1 && series[0]?.smooth === undefined) return '';
  const entries = series.map((one, i) => {
    const mean = one.smooth === undefined ? '' : ` <small>(thick: mean of ${one.smooth})</small>`;
    return `<li>${sample(one, look(i))}${escapeHtml(one.name)}${mean}</li>`;
  });
  return `<ul class="legend">${entries.join('')}</ul>`;
}

/** A chart and its legend as HTML. */
export function chartHtml(chart: Chart): string {
  const shown = chart.series.some(
    ({ points }) => drawable(points, chart.x.log === true, chart.y.log === true).length > 0,
  );
  if (!shown) return '<p class="quiet">No point of this chart can be drawn.</p>';
  const drawings = sizes.map((size) => drawing(chart, size)).join('\n');
  return `${legend(chart)}<div role="img" aria-label="${escapeHtml(spoken(chart))}">${drawings}</div>`;
}
