/** Loss against what was sent, as one SVG that needs nothing else and is readable in light and dark. */
import { lineChart } from '@saccade/pictures';
import { checkOptions, requireCount } from '@saccade/tensor';
import { chartNames, type LossChartOptions, lossDrawing } from './loss-series.js';

/** Options of {@link lossChart}. */
export interface LossSvgOptions extends LossChartOptions {
  /** Pixels, from 240. Default: 856. */
  readonly width?: number | undefined;
  /** Pixels with one row of names, from 200; each further row adds to it. Default: 420. */
  readonly height?: number | undefined;
}

/**
 * A chart of losses against bits, bytes or steps as the text of an SVG file, with a legend; style and colours for light and dark are inside.
 * Points tell their values to those who point at them.
 *
 * @param options `series`: runs, and bounds as dashed ones; `x`: 'bits', 'bytes' or 'steps', on a logarithmic axis; `y`: name of the vertical
 * axis; `logY`; `title`; `width` and `height` in pixels
 * @throws {OptionError}
 */
export function lossChart(options: LossSvgOptions): string {
  const op = 'lossChart';
  const { width = 856, height = 420 } = checkOptions(op, options, [...chartNames, 'width', 'height']);
  requireCount(op, 'width', width, 240);
  requireCount(op, 'height', height, 200);
  return lineChart(lossDrawing(op, options), { width, height });
}
