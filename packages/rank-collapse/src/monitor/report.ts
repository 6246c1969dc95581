/** What a look at a network comes to: signals, level, and a line for people. */
import { shortNumber } from '@saccade/pictures';
import { type Judgement, levelOf, type RankLevel } from './level.js';
import type { LayerSignals } from './signals.js';

/** One look at a network: plain numbers and texts, as JSON holds them. */
export interface RankReport {
  /** Steps of training done before. */
  readonly step: number;
  readonly level: RankLevel;
  /** Of log |log ratio| by layer, where three layers are above the floor. */
  readonly slope?: number;
  /** The ratio that this slope leads to at the last layer. */
  readonly extrapolated?: number;
  /** Layers whose queries hardly look at more than one token each: the other failure, in which learning becomes unstable. */
  readonly entropyCollapse: readonly number[];
  /** From the tokens before the first layer on. */
  readonly layers: readonly LayerSignals[];
  /** All this on one line, which names the layer. */
  readonly message: string;
}

/** @param leastEntropy of a row of attention, as a share of log tokens, below which it counts as collapsed */
export function reportOf(step: number, layers: readonly LayerSignals[], leastEntropy: number): RankReport {
  const judged = levelOf(layers);
  const entropyCollapse = layers
    .filter(({ relativeEntropy }) => relativeEntropy !== undefined && relativeEntropy < leastEntropy)
    .map(({ layer }) => layer);
  const sharp = entropyCollapse.length === 0 ? '' : `; ${entropyText(entropyCollapse)}`;
  return { step, ...judged, entropyCollapse, layers, message: `${levelText(judged, layers)}${sharp}` };
}

function entropyText(layers: readonly number[]): string {
  return `entropy collapse: queries of ${layers.length === 1 ? 'layer' : 'layers'} ${layers.join(', ')} look at hardly more than one token`;
}

function levelText({ level, slope = 0, extrapolated = 0 }: Judgement, layers: readonly LayerSignals[]): string {
  const last = layers.at(-1)!;
  const now = `residual ratio ${shortNumber(last.ratio)} after layer ${last.layer} of ${last.layer}`;
  if (level === 'collapsing') {
    const law = `log|log ratio| rises by ${shortNumber(slope)} a layer towards a ratio of ${shortNumber(extrapolated)}`;
    return `collapsing: ${now}, and ${law}; skips, or branches scaled by 1/sqrt(layers), would hold it up`;
  }
  if (level === 'ok') return last.tokens < 2 ? `ok: one token alone after layer ${last.layer}` : `ok: ${now}`;
  const first = layers.find(({ layer, atFloor }) => atFloor && layers.slice(layer).every((below) => below.atFloor))!;
  const place = `from layer ${first.layer} of ${last.layer} on tokens are one and the same up to rounding`;
  return `collapsed: ${place} (residual ratio ${shortNumber(first.ratio)}, floor ${shortNumber(first.floor)}; trackResidual sees below it)`;
}
