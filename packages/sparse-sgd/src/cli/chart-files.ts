/** Charts of runs as files. */
import { writeFile } from '@saccade/command';
import { lossChart } from '../pictures/loss-chart.js';
import { lossPage } from '../pictures/loss-page.js';
import type { LossSeries } from '../pictures/loss-series.js';
import type { FileOptions } from './train-options.js';

/** Seconds after which a page of a run that goes on loads itself again. */
const refresh = 2;

/** The files that people asked for. */
export type ChartFiles = Pick<FileOptions, 'chart' | 'page' | 'x'>;

/** Writes them. @throws {FileError} if one cannot be written */
export function writeCharts({ chart, page, x }: ChartFiles, series: readonly LossSeries[], title: string): void {
  if (chart !== undefined) writeFile(chart, lossChart({ series, x, title }));
  if (page !== undefined) writeFile(page, lossPage({ series, x, title }));
}

/** Writes the page of runs that still go on. @throws {FileError} if it cannot be written */
export function writeLivePage({ page, x }: ChartFiles, series: readonly LossSeries[], title: string): void {
  if (page !== undefined) writeFile(page, lossPage({ series, x, title, refresh }));
}
