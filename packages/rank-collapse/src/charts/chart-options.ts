/** What all charts have in common: size and title. */
import { requireCount } from '@saccade/tensor';

/** Options of all charts. */
export interface ChartOptions {
  /** Default: it says what is shown. */
  readonly title?: string | undefined;
  /** Pixels, from 240. Default 856. */
  readonly width?: number | undefined;
  /** Pixels, from 200, without further rows of names. Default 420. */
  readonly height?: number | undefined;
}

/** The options by name. */
export const chartNames = ['title', 'width', 'height'] as const;

/** What hollow points are. */
export const boundNote = '(hollow: rounding)';

/** @throws {OptionError} */
export function chartSize(op: string, { width = 856, height = 420 }: ChartOptions): { width: number; height: number } {
  return { width: requireCount(op, 'width', width, 240), height: requireCount(op, 'height', height, 200) };
}
