/** The outside of a chart: its size, its style, its title, and what it says to those who do not see it. */
import { chartStyle } from './chart-look.js';
import { escapeXml } from './safe-text.js';

/** What all charts have. */
export interface ChartOutside {
  readonly title: string;
  /** For those who do not see it. */
  readonly spoken: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** The text of an SVG file around the parts of a chart, which needs nothing else. */
export function chartSvg({ title, spoken, width, height }: ChartOutside, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="line-chart" role="img" aria-label="${escapeXml(spoken)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:100%;height:auto">`,
    `<style>${chartStyle}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="title" x="16" y="28">${escapeXml(title)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
