/** Loss against what was sent, as text for terminals. */
import { lineText } from '@saccade/pictures';
import { checkOptions, requireCount } from '@saccade/tensor';
import { chartNames, type LossChartOptions, lossDrawing } from './loss-series.js';

/** Options of {@link lossText}. */
export interface LossTextOptions extends LossChartOptions {
  /** Characters across, from 30. Default: 80. */
  readonly width?: number | undefined;
  /** Lines of the plot itself, from 4; its axis, title and legend come on top. Default: 16. */
  readonly height?: number | undefined;
  /** Fine lines of braille characters in the colours of the terminal, rather than a letter for each of the series. Default: false. */
  readonly color?: boolean | undefined;
}

/**
 * A chart of losses against bits, bytes or steps as lines of text, each of at most `width` characters and ended by a line feed.
 *
 * @param options as of `lossChart`; `width` and `height` in characters; `color`: with the colours of the terminal and finer lines
 * @throws {OptionError}
 */
export function lossText(options: LossTextOptions): string {
  const op = 'lossText';
  const {
    width = 80,
    height = 16,
    color = false,
  } = checkOptions(op, options, [...chartNames, 'width', 'height', 'color']);
  requireCount(op, 'width', width, 30);
  requireCount(op, 'height', height, 4);
  return lineText(lossDrawing(op, options), { width, height, color });
}
