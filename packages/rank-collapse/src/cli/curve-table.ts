/** Residual curves as tables, with what is to be known about single points. */
import { table } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { type CurvePoint, floorOf, type Spread } from '../curve/curve-point.js';
import type { ResidualCurve } from '../curve/residual-curve.js';
import type { CommandModel } from './model.js';
import { short } from './number-text.js';
import type { VariantName } from './variants.js';

/** The curve of one variant. */
export interface VariantCurve extends ResidualCurve {
  readonly variant: VariantName;
}

/** Of one variant all numbers, of several their ratios side by side. */
export function curveTable(curves: readonly VariantCurve[]): string {
  const [first] = curves as readonly [VariantCurve];
  return curves.length === 1 ? oneCurve(first) : ratios(curves);
}

function oneCurve({ points }: VariantCurve): string {
  const ranked = points.every(({ stableRank }) => stableRank !== undefined);
  const rows = points.map((point) => {
    const { layer, ratio, frobenius, cosine, stableRank, entropyRank } = point;
    const ranks = ranked ? [short(stableRank?.mean), short(entropyRank?.mean)] : [];
    const measured = [short(ratio.mean) + mark(point), short(ratio.deviation), short(frobenius.mean)];
    return [String(layer), ...measured, cosine.mean.toFixed(4), ...ranks];
  });
  const titles = ['layer', 'ratio', 'deviation', 'Frobenius', 'cosine'];
  return table(ranked ? [...titles, 'stable rank', 'entropy rank'] : titles, rows);
}

function ratios(curves: readonly VariantCurve[]): string {
  const layers = Math.max(...curves.map(({ points }) => points.length));
  const rows = Array.from({ length: layers }, (_, layer) => [
    String(layer),
    ...curves.map(({ points }) => {
      const point = points[layer];
      return point === undefined ? '-' : withDeviation(point.ratio) + mark(point);
    }),
  ]);
  return table(['layer', ...curves.map(({ variant }) => variant)], rows);
}

function withDeviation({ mean, deviation }: Spread): string {
  return Number.isNaN(deviation) ? short(mean) : `${short(mean)} ± ${deviation.toPrecision(2)}`;
}

/** Behind a ratio that is not what it seems; as wide as none, so that digits stay below digits. */
function mark({ atFloor, degenerate }: CurvePoint): string {
  return atFloor ? ' *' : degenerate ? ' °' : '  ';
}

/** What the marks mean, what the model's attention draws tokens to, and where curves ended. */
export function curveNotes(curves: readonly VariantCurve[], { model: { map }, dtype }: CommandModel): string {
  const points = curves.flatMap((one) => one.points);
  const causal = map.layers.some(({ attention }) => attention.causal);
  const notes = curves.flatMap(({ variant, stopped }) =>
    stopped === undefined ? [] : [`${variant} ends early: ${plainText(stopped.reason)}`],
  );
  if (points.some(({ atFloor }) => atFloor)) {
    notes.push(`* at the floor, ${short(floorOf(dtype))}, where rounding decides: it can be anything below`);
    const isPlain = map.layers.every(({ attention }) => attention.positions === 'none' && !attention.queryKeyNorm);
    if (isPlain && !causal)
      notes.push('  rank-collapse certify --pure tracks the residuals of pure attention below any floor');
  }
  if (points.some(({ degenerate }) => degenerate)) notes.push('° 0 by definition: a sample is one token, or zeros');
  if (causal) notes.push('causal attention draws tokens towards the first, which sees itself alone');
  return notes.length === 0 ? '' : `\n${notes.map((note) => `${note}\n`).join('')}`;
}
