/** How charts look: colours that can be told apart in light and dark, dashes, the style sheet. */
import type { Curve } from './loss-series.js';

const light = ['#1d5fc4', '#d0620a', '#0a8f7a', '#a83f97', '#7a6a00', '#5d636c'] as const;
const dark = ['#74aaff', '#ffa14f', '#35c8ae', '#e78fd8', '#d8c23c', '#b3b9c2'] as const;
const dashes = ['', '2 4', '10 3 2 3'] as const;

/** How a curve is drawn. */
export interface Look {
  /** Number of the colour, from 0. */
  readonly color: number;
  /** `stroke-dasharray`. */
  readonly dash: string;
}

/** The looks of all curves: colours in their order, dashed ones (bounds) from the other end, which is grey. */
export function looks(curves: readonly Curve[]): Look[] {
  const count = light.length;
  let [solid, dashed] = [0, 0];
  return curves.map((curve) => {
    if (curve.dashed) return { color: count - 1 - (dashed++ % count), dash: '7 5' };
    const round = Math.floor(solid / count) % dashes.length;
    return { color: solid++ % count, dash: dashes[round]! };
  });
}

function colors(list: readonly string[], paper: string, ink: string, soft: string, line: string): string {
  const series = list.map((color, i) => `.loss-chart .c${i}{stroke:${color}}.loss-chart .d${i}{fill:${color}}`);
  return (
    `.loss-chart .paper{fill:${paper}}.loss-chart text{fill:${ink}}.loss-chart .soft{fill:${soft}}` +
    `.loss-chart .grid{stroke:${line}}.loss-chart .axis{stroke:${soft}}${series.join('')}`
  );
}

/** The style sheet inside each chart. It names its own classes only, as it also holds for the page around it. */
export const chartStyle: string =
  `.loss-chart text{font:13px system-ui,sans-serif}.loss-chart .title{font-size:16px;font-weight:600}` +
  `.loss-chart path{fill:none;stroke-linejoin:round;stroke-linecap:round}.loss-chart .grid{stroke-linecap:butt}` +
  colors(light, '#fff', '#1b1d21', '#5d636c', '#e2e5e9') +
  `@media (prefers-color-scheme:dark){${colors(dark, '#141619', '#e7e9ec', '#9da3ad', '#2d3138')}}`;
