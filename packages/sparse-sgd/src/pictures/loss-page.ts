/** A page with the chart of some runs and their numbers in a table. */
import { escapeXml, pageColors, shortNumber } from '@saccade/pictures';
import { checkOptions, requireCount } from '@saccade/tensor';
import { lossChart } from './loss-chart.js';
import { chartNames, type LossChartOptions, type LossSeries, lossDrawing } from './loss-series.js';

/** Options of {@link lossPage}. */
export interface LossPageOptions extends LossChartOptions {
  /** Has the browser load the page anew every so many seconds, for a run that writes it again and again. Default: never. */
  readonly refresh?: number | undefined;
}

const style = `
${pageColors}
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 56rem; padding: 1.5rem 1.25rem 3rem; }
.line-chart { display: block; } .narrow { display: none; } .scroll { overflow-x: auto; margin: 1.5rem 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem 0 .4rem 1.5rem; text-align: right; white-space: nowrap; }
tr > :first-child { padding-left: 0; text-align: left; } th { font-weight: inherit; } thead th { color: var(--soft); font-size: .85rem; }
@media screen and (max-width: 600px) { body { padding: .5rem 0 2rem; } .wide { display: none; } .narrow { display: block; } .narrow svg { width: 100%; } }
`;

function cell(value: number | null | undefined, digits: number): string {
  return `<td>${value === undefined || value === null ? '' : escapeXml(shortNumber(value, digits))}</td>`;
}

/** What a run came to: its last point, and the least loss on the way. As in the chart, points that are none are left out. */
function row({ name, points }: LossSeries): string {
  const known = points.filter(Boolean);
  const last = known.at(-1);
  const losses = known.map(({ loss }) => loss).filter(Number.isFinite);
  const least = losses.length === 0 ? undefined : losses.reduce((a, b) => Math.min(a, b));
  const cells = [cell(last?.loss, 5), cell(least, 5), cell(last?.step, 4), cell(last?.bits, 4), cell(last?.bytes, 4)];
  return `<tr><th scope="row">${escapeXml(name)}</th>${cells.join('')}</tr>`;
}

/**
 * The chart of {@link lossChart} and a table of what each run came to, as the text of one HTML file that needs nothing else.
 *
 * @param options as of `lossChart`, without sizes; `refresh`: seconds after which the browser loads the file again
 * @throws {OptionError}
 */
export function lossPage(options: LossPageOptions): string {
  const op = 'lossPage';
  const { refresh, ...chart } = checkOptions(op, options, [...chartNames, 'refresh']);
  if (refresh !== undefined) requireCount(op, 'refresh', refresh);
  const { title, yLabel } = lossDrawing(op, chart);
  const heads = ['run', `last ${yLabel}`, `lowest ${yLabel}`, 'steps', 'bits sent', 'bytes sent'];
  const again = refresh === undefined ? '' : `\n<meta http-equiv="refresh" content="${refresh}">`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">${again}
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body>
<div class="wide">${lossChart({ ...chart, width: 896 })}</div>
<div class="narrow">${lossChart({ ...chart, width: 380, height: 360 })}</div>
<div class="scroll" role="region" tabindex="0" aria-label="runs"><table>
<thead><tr>${heads.map((head) => `<th scope="col">${escapeXml(head)}</th>`).join('')}</tr></thead>
<tbody>
${chart.series.map(row).join('\n')}
</tbody>
</table></div>
</body>
</html>
`;
}
