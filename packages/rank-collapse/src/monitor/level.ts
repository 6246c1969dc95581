/** From signals of all layers to a level of alarm. */
import type { LayerSignals } from './signals.js';

/**
 * 'collapsed': at the last layer the tokens are one and the same up to rounding. 'collapsing': they will be, by the law that the last three layers follow.
 */
export type RankLevel = 'ok' | 'collapsing' | 'collapsed';

/** The levels, the worst last. */
export const rankLevels: readonly RankLevel[] = ['ok', 'collapsing', 'collapsed'];

/** A level, and what it was judged by. */
export interface Judgement {
  readonly level: RankLevel;
  /** Of log |log ratio| by layer, through the last three layers above the floor: log 3 under the paper's law, 0 for a ratio that falls not at all. */
  readonly slope?: number;
  /** The ratio at the last layer by that line. */
  readonly extrapolated?: number;
}

/** Slope from which a fall counts as doubly exponential. */
const steepSlope = 0.5;
/** Extrapolated ratio below which the fall matters. */
const smallRatio = 1e-3;
const fitted = 3;

/**
 * The level of a network: 'collapsed' where the ratio at the last layer is below 64 eps sqrt(tokens); 'collapsing' where log |log ratio| over the last three
 * layers above that floor rises by more than 0.5 a layer and the line through them comes to a ratio below 1e-3 at the last layer; else 'ok'. Nothing is fitted
 * through points at the floor, nor without three others. One token alone is 'ok'.
 * @param layers in their order, at least one
 */
export function levelOf(layers: readonly Pick<LayerSignals, 'layer' | 'ratio' | 'atFloor' | 'tokens'>[]): Judgement {
  const last = layers.at(-1);
  if (last === undefined || last.tokens < 2) return { level: 'ok' };
  const line = lineThrough(layers.filter(({ atFloor }) => !atFloor).slice(-fitted));
  if (line === undefined) return { level: last.atFloor ? 'collapsed' : 'ok' };
  const extrapolated = Math.exp(-Math.exp(line.at(last.layer)));
  const judged = { slope: line.slope, extrapolated };
  if (last.atFloor) return { level: 'collapsed', ...judged };
  return { level: line.slope > steepSlope && extrapolated < smallRatio ? 'collapsing' : 'ok', ...judged };
}

/** Least squares through log |log ratio|; undefined for fewer than three points, and where a ratio is not below 1. */
function lineThrough(
  points: readonly { readonly layer: number; readonly ratio: number }[],
): { readonly slope: number; at(layer: number): number } | undefined {
  if (points.length < fitted || points.some(({ ratio }) => ratio >= 1)) return undefined;
  const heights = points.map(({ ratio }) => Math.log(-Math.log(ratio)));
  const middle = points.reduce((sum, { layer }) => sum + layer, 0) / points.length;
  const height = heights.reduce((sum, value) => sum + value, 0) / points.length;
  const products = points.reduce((sum, { layer }, i) => sum + (layer - middle) * (heights[i]! - height), 0);
  const slope = products / points.reduce((sum, { layer }) => sum + (layer - middle) ** 2, 0);
  return { slope, at: (layer) => height + slope * (layer - middle) };
}
