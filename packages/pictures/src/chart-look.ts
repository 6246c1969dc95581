/** How charts of lines look: which colour and dash a curve has, and the style sheet. */
import type { Curve } from './line-drawing.js';
import { dark, light, type Palette } from './palette.js';

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
  const count = light.series.length;
  let [solid, dashed] = [0, 0];
  return curves.map((curve) => {
    if (curve.dashed) return { color: count - 1 - (dashed++ % count), dash: '7 5' };
    const round = Math.floor(solid / count) % dashes.length;
    return { color: solid++ % count, dash: dashes[round]! };
  });
}

function colors({ series: list, paper, ink, soft, line }: Palette): string {
  const series = list.map((color, i) => `.line-chart .c${i}{stroke:${color}}.line-chart .d${i}{fill:${color}}`);
  return (
    `.line-chart .paper{fill:${paper}}.line-chart text{fill:${ink}}.line-chart .soft{fill:${soft}}` +
    `.line-chart .grid{stroke:${line}}.line-chart .axis{stroke:${soft}}.line-chart .whisker{stroke:${ink}}` +
    `.line-chart .hollow{fill:${paper}}${series.join('')}`
  );
}

/** The style sheet inside each chart. It names its own classes only, as it also holds for the page around it. */
export const chartStyle: string =
  `.line-chart text{font:13px system-ui,sans-serif}.line-chart .title{font-size:16px;font-weight:600}` +
  `.line-chart path{fill:none;stroke-linejoin:round;stroke-linecap:round}.line-chart .grid{stroke-linecap:butt}` +
  colors(light) +
  `@media (prefers-color-scheme:dark){${colors(dark)}}`;
