/** What each layer is to become, and a first look at its weights. */
import { FormatError, type LazyEntry, OptionError } from '@saccade/tensor';
import { HeadSvds } from '../decompose/head-svd.js';
import type { SharableLayer } from './attention-layers.js';
import { sharedNames } from './checkpoint-adapter.js';
import type { OpenCheckpoint } from './checkpoint-source.js';
import type { CheckedOptions } from './convert-options.js';
import { convertedFiles } from './converted-files.js';
import { type LayerWeights, readLayerWeights, scoresOfLayer } from './layer-weights.js';
import { rankOf } from './rank-choice.js';
import { type BudgetLayer, leastBytes, ranksForBytes } from './ranks-for-bytes.js';
import { blockMetadata } from './shared-block.js';
import { hasContentBias, sharedEntry } from './shared-entry.js';
import { sharedBytes, storedType } from './shared-size.js';
import { fileBytes } from './written-checkpoint.js';

/** A rank, an error to be kept, or why the layer stays as it is. */
export type LayerGoal = { readonly rank: number } | { readonly maxError: number } | { readonly keep: string };

/**
 * The goals of all layers. All weights are read once, so that one that is not finite ends it before any work.
 * @throws {FormatError} for values that are not finite @throws {OptionError} for a size that no ranks give
 */
export async function layerGoals(
  op: string,
  open: OpenCheckpoint,
  layers: readonly SharableLayer[],
  options: CheckedOptions,
  sharded: boolean,
): Promise<LayerGoal[]> {
  const { sharedDim, maxError, targetBytes } = options;
  const budgets: BudgetLayer[] = [];
  for (const [index, layer] of layers.entries()) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ stage: 'survey', layer: layer.path, index, layers: layers.length });
    const weights = await readLayerWeights(op, open.file, layer);
    if (targetBytes !== undefined) budgets.push(budgetOf(layer, weights, options));
  }
  if (maxError !== undefined) return layers.map(() => ({ maxError }));
  if (sharedDim !== undefined) return layers.map((layer) => goalOf(layer, rankOf(sharedDim, layer), options));
  return fitted(op, open, layers, budgets, options, sharded);
}

/** A rank, unless it saves nothing. */
export function goalOf(layer: SharableLayer, rank: number, options: CheckedOptions): LayerGoal {
  const bytes = sharedBytes(layer, rank, options);
  if (bytes < layer.bytes || options.allowGrowth) return { rank };
  const all = layer.heads * layer.dims;
  return { keep: `sharing ${rank} of ${all} dimensions takes ${bytes} bytes, the layer as it is ${layer.bytes}` };
}

/** With errors as they count in scores, which have different factors in some models. */
function budgetOf(layer: SharableLayer, weights: LayerWeights, options: CheckedOptions): BudgetLayer {
  const values = new HeadSvds(scoresOfLayer(weights, layer)).values.flatMap((own) => Array.from(own));
  const squares = Float64Array.from(values, (value) => (layer.scale * value) ** 2)
    .sort()
    .reverse();
  const fixed = sharedBytes(layer, 0, options);
  return { squares, fixed, each: sharedBytes(layer, 1, options) - fixed, whole: layer.bytes };
}

/** Rounds until the header, which says the sizes, is counted in. */
const ROUNDS = 20;

function fitted(
  op: string,
  open: OpenCheckpoint,
  layers: readonly SharableLayer[],
  budgets: readonly BudgetLayer[],
  options: CheckedOptions,
  sharded: boolean,
): LayerGoal[] {
  const target = options.targetBytes as number;
  const sized = (ranks: readonly (number | undefined)[]): number =>
    plannedBytes(op, open, layers, ranks, options, sharded);
  const kept = { keep: 'the size leaves room for it as it is' };
  if (sized(layers.map(() => undefined)) <= target) return layers.map(() => kept);
  const least = leastBytes(budgets);
  const fewest = ranksForBytes(budgets, least);
  // All that is not queries and keys, headers included.
  let rest = sized(fewest) - least;
  for (let round = 0; round < ROUNDS && target - rest >= least; round++) {
    const ranks = ranksForBytes(budgets, target - rest);
    const over = sized(ranks) - target;
    if (over <= 0) {
      return ranks.map((rank) => (rank === undefined ? kept : { rank }));
    }
    rest += over;
  }
  throw new OptionError(
    `${op}: targetBytes must be at least ${sized(fewest)}, which one dimension a layer takes, got ${target}`,
  );
}

/** Bytes of all files with layers of these ranks. */
function plannedBytes(
  op: string,
  open: OpenCheckpoint,
  layers: readonly SharableLayer[],
  ranks: readonly (number | undefined)[],
  options: CheckedOptions,
  sharded: boolean,
): number {
  const { form } = options;
  const chosen = layers.flatMap((layer, i) => {
    const rank = ranks[i];
    return rank === undefined ? [] : [{ layer, rank, tensors: plannedTensors(layer, rank, options) }];
  });
  // An error with as many characters as any.
  const entries = chosen.map(({ layer, rank }) => sharedEntry(layer, rank, 0.000001234, form));
  const metadata = blockMetadata(open.file.metadata, entries, form);
  const { files } = convertedFiles(op, open, chosen, { form, sharded });
  return files.reduce((sum, file) => sum + fileBytes(file, metadata), 0);
}

function plannedTensors(layer: SharableLayer, rank: number, options: CheckedOptions): Map<string, LazyEntry> {
  const { form } = options;
  const { width, keyWidth, heads } = layer;
  const names = sharedNames(layer, form);
  const read = (): never => {
    throw new FormatError('a plan has no values');
  };
  const entry = (...shape: number[]): LazyEntry => ({ dtype: storedType(layer, options), shape, read });
  const tensors = new Map([
    [names.query, entry(rank, width)],
    [names.key, entry(rank, keyWidth)],
    [names.mixing, entry(heads, rank)],
  ]);
  return hasContentBias(layer, form) ? tensors.set(names.contentBias, entry(heads, keyWidth)) : tensors;
}
