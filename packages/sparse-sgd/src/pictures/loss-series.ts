/** Runs as they are drawn: what a point is, what the axes show, and which points they can show. */
import { OptionError, quote } from '@saccade/tensor';

/** A moment of a run. Runs that are drawn against bits need only bits. */
export interface LossPoint {
  /** Steps done. */
  readonly step?: number | undefined;
  /** Bits sent so far, by the paper's formula. */
  readonly bits?: number | undefined;
  /** Bytes on the wire so far. */
  readonly bytes?: number | undefined;
  readonly loss: number;
}

/** A run, or a bound. */
export interface LossSeries {
  readonly name: string;
  /** In their order. */
  readonly points: readonly LossPoint[];
  /** For bounds: a dashed line. Default: false. */
  readonly dashed?: boolean | undefined;
}

/** What all charts of losses have in common. */
export interface LossChartOptions {
  /** At least one. Points that are not finite, that lie at 0 bits, or that are beyond 1e±250 are left out. */
  readonly series: readonly LossSeries[];
  /** What the horizontal axis shows, which is logarithmic. Default: 'bits'. */
  readonly x?: LossAxis | undefined;
  /** What the vertical axis shows. Default: 'loss'. */
  readonly y?: string | undefined;
  /** Whether the vertical axis is logarithmic. Default: where the largest loss is more than 20 times the smallest. */
  readonly logY?: boolean | undefined;
  readonly title?: string | undefined;
}

/** What a horizontal axis can show. */
export type LossAxis = 'bits' | 'bytes' | 'steps';

/** Points as a chart draws them: x above 0, y finite. */
export interface Curve {
  readonly name: string;
  readonly dashed: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Checked options with their defaults. */
export interface LossDrawing {
  readonly curves: readonly Curve[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly title: string;
}

/** The options that all charts know. */
export const chartNames = ['series', 'x', 'y', 'logY', 'title'] as const;

const axes = {
  bits: { key: 'bits', label: 'bits sent' },
  bytes: { key: 'bytes', label: 'bytes sent' },
  steps: { key: 'step', label: 'steps' },
} as const;

function requireSeries(op: string, series: readonly LossSeries[]): void {
  if (!Array.isArray(series) || series.length === 0) {
    throw new OptionError(`${op}: series must be an array of at least one { name, points }, got ${quote(series)}`);
  }
  for (const one of series as readonly (Partial<LossSeries> | null)[]) {
    if (typeof one?.name === 'string' && Array.isArray(one.points)) continue;
    throw new OptionError(`${op}: each of the series must be { name, points }, got ${quote(one)}`);
  }
}

function spans(curves: readonly Curve[], factor: number): boolean {
  const losses = curves.flatMap(({ points }) => points.map(([, y]) => y));
  const fold = (pick: (a: number, b: number) => number): number => losses.reduce((a, b) => pick(a, b));
  return losses.length > 0 && fold(Math.min) > 0 && fold(Math.max) > factor * fold(Math.min);
}

/** Whether a logarithmic axis can show it, also with a margin. */
function isPositive(value: number): boolean {
  return value > 1e-250 && value < 1e250;
}

/** The options with their defaults, and the points that can be drawn. @throws {OptionError} for series and an axis that are none */
export function lossDrawing(op: string, options: LossChartOptions): LossDrawing {
  const { series, x = 'bits', y = 'loss', title = `${y} against ${x}` } = options;
  requireSeries(op, series);
  if (!Object.hasOwn(axes, x)) {
    throw new OptionError(`${op}: x must be one of ${Object.keys(axes).join(', ')}, got ${quote(x)}`);
  }
  const { key, label } = axes[x];
  const read = (logY: boolean): Curve[] =>
    series.map(({ name, points, dashed = false }) => ({
      name,
      dashed,
      points: points
        .map((point) => [point?.[key] ?? 0, point?.loss ?? Number.NaN] as const)
        .filter(([at, loss]) => isPositive(at) && (logY ? isPositive(loss) : Math.abs(loss) < 1e250)),
    }));
  const logY = options.logY ?? spans(read(false), 20);
  const curves = read(logY);
  return { curves, xLabel: label, yLabel: y, logX: true, logY, title };
}
