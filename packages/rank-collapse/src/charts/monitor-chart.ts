/** What the monitor saw, step by step while a model trains, as one SVG: drawn anew after each report it is a live chart. */
import { type Curve, lineChart } from '@saccade/pictures';
import { checkOptions, requireOneOf } from '@saccade/tensor';
import type { RankReport } from '../monitor/report.js';
import type { LayerSignals } from '../monitor/signals.js';
import { boundNote, type ChartOptions, chartNames, chartSize } from './chart-options.js';
import { lowestOf } from './positive-scale.js';

/** A signal of the monitor that can be drawn. */
export type MonitorSignal = Exclude<keyof LayerSignals, 'layer' | 'tokens' | 'floor' | 'atFloor' | 'degenerate'>;

/** How the axis names them. */
const labels: Readonly<Record<MonitorSignal, string>> = {
  ratio: 'residual ratio |res(X)| / |X|',
  cosine: 'mean cosine of two tokens',
  stableRank: 'stable rank',
  entropyRank: 'entropy rank',
  attentionEntropy: 'entropy of attention, nats',
  relativeEntropy: 'entropy of attention / log tokens',
  spectralGap: 'spectral gap of attention',
  gradientRatio: '|dW_Q| / |dW_V|',
};

/** Options of `monitorChart`. */
export interface MonitorChartOptions extends ChartOptions {
  /** What to draw. Default 'ratio', on a logarithmic axis as 'gradientRatio'. */
  readonly signal?: MonitorSignal | undefined;
}

const op = 'monitorChart';

/** More curves could not be told apart. */
const mostLayers = 12;

/**
 * A curve for each layer, the last one first, from step to step; of more than twelve layers some, evenly chosen, with the last. Ratios at the floor are hollow, and the floor is dashed.
 * @param history as of `rankMonitor` @throws {OptionError}
 */
export function monitorChart(history: readonly RankReport[], options: MonitorChartOptions = {}): string {
  const { signal = 'ratio', title } = checkOptions(op, options, [...chartNames, 'signal']);
  requireOneOf<string>(op, 'signal', signal, Object.keys(labels));
  const log = signal === 'ratio' || signal === 'gradientRatio';
  const latest = history.at(-1);
  const count = latest?.layers.length ?? 0;
  const shown = Array.from({ length: count }, (_, i) => count - 1 - i).filter((i) => isShown(i, count));
  const lowest = log ? lowestOf(valuesOf(history, signal), 1) : Number.NEGATIVE_INFINITY;
  const curves = shown
    .map((layer) => layerCurve(history, signal, layer, lowest))
    .filter(({ points }) => points.length > 0);
  const isBound = curves.some(({ hollow }) => hollow?.includes(true));
  return lineChart(
    {
      curves: signal === 'ratio' && curves.length > 0 ? [...curves, floorCurve(history)] : curves,
      title:
        title ??
        (latest === undefined ? 'The monitor has not looked yet' : `After step ${latest.step}: ${latest.level}`),
      xLabel: 'step',
      yLabel: isBound ? `${labels[signal]} ${boundNote}` : labels[signal],
      logX: false,
      logY: log,
      wholeX: true,
    },
    chartSize(op, options),
  );
}

/** The last layer, and others at even distances before it. */
function isShown(layer: number, count: number): boolean {
  return (count - 1 - layer) % Math.ceil(count / mostLayers) === 0;
}

function valuesOf(history: readonly RankReport[], signal: MonitorSignal): number[] {
  return history.flatMap(({ layers }) => layers.flatMap((layer) => layer[signal] ?? []));
}

function layerCurve(history: readonly RankReport[], signal: MonitorSignal, layer: number, lowest: number): Curve {
  const known = history.flatMap(({ step, layers }) => {
    const value = layers[layer]?.[signal];
    return value === undefined ? [] : [{ step, value, atFloor: signal === 'ratio' && layers[layer]!.atFloor }];
  });
  return {
    name: layer === 0 ? 'input' : `layer ${layer}`,
    dashed: false,
    points: known.map(({ step, value }) => [step, Math.max(lowest, value)] as const),
    hollow: known.map(({ value, atFloor }) => atFloor || value < lowest),
  };
}

function floorCurve(history: readonly RankReport[]): Curve {
  const points = history.map(({ step, layers }) => [step, layers.at(-1)!.floor] as const);
  return { name: 'floor of rounding', dashed: true, points };
}
