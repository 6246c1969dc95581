/** Residual ratios by layer, with their spread over samples, as one SVG. */
import { type Curve, lineChart } from '@saccade/pictures';
import { checkOptions, OptionError, quote, requireFlag } from '@saccade/tensor';
import { boundNote, type ChartOptions, chartNames, chartSize } from './chart-options.js';
import { lowestOf } from './positive-scale.js';

/** A number at one layer. */
export interface LayerPoint {
  /** 0: before the first layer. */
  readonly layer: number;
  readonly mean: number;
  /** Standard deviation over samples: a band from one below to one above, on a logarithmic axis by the same factor. Default: none; NaN, as of one sample, is none too. */
  readonly deviation?: number | undefined;
  /** Whether rounding decides the value, so that it is but a bound. Default false. */
  readonly atFloor?: boolean | undefined;
}

/** One network, or one variant of it. */
export interface LayerCurve {
  readonly name: string;
  readonly points: readonly LayerPoint[];
  /** For predictions and bounds. Default false. */
  readonly dashed?: boolean | undefined;
}

/** Options of `curveChart`. */
export interface CurveChartOptions extends ChartOptions {
  /** Whether the vertical axis is logarithmic. Default true. */
  readonly log?: boolean | undefined;
  /** Name of the vertical axis. Default: residual ratio. */
  readonly yLabel?: string | undefined;
}

const op = 'curveChart';

/**
 * A chart of curves by layer as the text of an SVG file, readable in light and dark: Figure 2 of the paper. Points at the floor are hollow, and so are zeros, which a
 * logarithmic axis shows at the height of the lowest value above 0 of their curve.
 * @throws {OptionError} for options out of range, and values that are not finite, or below 0 on a logarithmic axis
 */
export function curveChart(curves: readonly LayerCurve[], options: CurveChartOptions = {}): string {
  const { log = true, title = 'How far tokens are from one, layer by layer' } = checkOptions(op, options, [
    ...chartNames,
    'log',
    'yLabel',
  ]);
  const { yLabel = 'residual ratio |res(X)| / |X|' } = options;
  requireFlag(op, 'log', log);
  for (const curve of curves) requirePoints(curve, log);
  const lowest = lowestOf(curves.flatMap(meansOf), 1);
  const drawn = curves.map((curve) =>
    drawnCurve(curve, log ? lowestOf(meansOf(curve), lowest) : Number.NEGATIVE_INFINITY, log),
  );
  const isBound = drawn.some(({ hollow }) => hollow?.includes(true));
  return lineChart(
    {
      curves: drawn,
      title,
      xLabel: 'layer',
      yLabel: isBound ? `${yLabel} ${boundNote}` : yLabel,
      logX: false,
      logY: log,
      wholeX: true,
    },
    chartSize(op, options),
  );
}

function meansOf({ points }: LayerCurve): number[] {
  return points.map(({ mean }) => mean);
}

/** @throws {OptionError} */
function requirePoints({ name, points }: LayerCurve, log: boolean): void {
  for (const { layer, mean } of points) {
    if (Number.isFinite(layer) && Number.isFinite(mean) && (!log || mean >= 0)) continue;
    const wanted = log ? 'finite and not below 0' : 'finite';
    throw new OptionError(
      `${op}: values must be ${wanted}, got ${quote(mean)} at layer ${quote(layer)} of ${quote(name)}`,
    );
  }
}

/** @param lowest where smaller values are drawn */
function drawnCurve({ name, points, dashed = false }: LayerCurve, lowest: number, log: boolean): Curve {
  const height = (value: number): number => Math.max(lowest, value);
  const deviations = points.map(({ deviation }) => deviation ?? 0).map((value) => (Number.isFinite(value) ? value : 0));
  const spread = points.map(({ mean }, i) => bandOf(mean, deviations[i]!, log).map(height) as [number, number]);
  return {
    name,
    dashed,
    points: points.map(({ layer, mean }) => [layer, height(mean)] as const),
    ...(deviations.some((value) => value > 0) && { spread }),
    hollow: points.map(({ mean, atFloor = false }) => atFloor || mean < lowest),
  };
}

/** One deviation to either side; on a logarithmic axis by the same factor, as the mean less the deviation may be below 0. */
function bandOf(mean: number, deviation: number, log: boolean): readonly [number, number] {
  if (!log || mean <= 0) return [mean - deviation, mean + deviation];
  return [mean / (1 + deviation / mean), mean + deviation];
}
