/** The parts that a `PatchSelector` is made of, made one after another. */
import { type AnyModule, type Linear, Module } from '@saccade/nn';
import { FormatError, OptionError, quote, requireCount } from '@saccade/tensor';
import { ScoreNormalization } from '../patches/normalize-scores.js';
import { type PatchGrid, patchGrid } from '../patches/patch-grid.js';
import type { Aggregation } from './aggregation/aggregation.js';
import { aggregationKinds } from './aggregation-kinds.js';
import { type FeatureNetwork, featureKinds } from './feature-kinds.js';
import { flaxDense } from './flax-layers.js';
import { chainSize, leastOf, makePart, type PartKinds, type PartOptions } from './part-kinds.js';
import type { PatchSelectorConfig, PatchSelectorOptions } from './patch-selector-options.js';
import { type ScoreNetwork, scorerKinds } from './scorer-kinds.js';

/** What there is. */
export interface SelectorParts {
  readonly scorer: ScoreNetwork;
  readonly grid: PatchGrid;
  readonly normalization: ScoreNormalization;
  readonly features: FeatureNetwork;
  readonly aggregation: Aggregation;
  /** Only of the head 'dense'. */
  readonly dense: Linear | undefined;
  readonly final: Linear;
}

const op = 'PatchSelector';

/** The modules that a caller may give. */
type Given = Pick<PatchSelectorOptions, 'rng' | 'scorer' | 'features' | 'aggregation'>;

/**
 * Makes the parts. If one cannot be made, those before it are freed.
 * @param limit of how many values a part may train at least, for configurations that nobody has checked
 * @throws {FormatError} beyond the limit @throws {OptionError} @throws {ShapeError} for images too small for the scorer
 */
export function selectorParts(config: PatchSelectorConfig, given: Given, limit: number): SelectorParts {
  const { rng } = given;
  const own: AnyModule[] = [];
  /** A part that is this selector's own to free. */
  function keep<M extends AnyModule>(module: M): M {
    own.push(module);
    return module;
  }
  function part<C, P extends AnyModule>(
    name: keyof Given & keyof PatchSelectorConfig,
    kinds: PartKinds<C, P>,
    context: C,
  ): P {
    const data: PartOptions = config[name];
    requireWithin(limit, name, () => leastOf(kinds, data, context));
    const made = makePart(kinds, given[name], data, context);
    if (!(given[name] instanceof Module)) keep(made);
    return made;
  }
  try {
    const { channels, patches, patchSize, downscale, classes } = config;
    const scorer = part('scorer', scorerKinds, { rng, inChannels: channels, downscale });
    const grid = gridFor(config, scorer);
    const places = grid.rows * grid.columns;
    requirePlaces(patches, grid);
    requireWithin(limit, 'normalization', () => places * config.normalization.split('layernorm').length - places);
    const normalization = keep(new ScoreNormalization(config.normalization, { positions: places }));
    const inChannels = channels + (config.appendPosition ? 2 : 0);
    const features = part('features', featureKinds, { rng, inChannels, patchSize });
    const context = { rng, features: requireCount(op, "the features' outSize", features.outSize), patches, places };
    const aggregation = part('aggregation', aggregationKinds, context);
    const outSize = requireCount(op, "the aggregation's outSize", aggregation.outSize);
    requireWithin(limit, 'classes', () => chainSize(outSize, ...(config.head === 'dense' ? [outSize] : []), classes));
    const dense = config.head === 'dense' ? keep(flaxDense(outSize, outSize, { rng })) : undefined;
    return {
      scorer,
      grid,
      normalization,
      features,
      aggregation,
      dense,
      final: keep(flaxDense(outSize, classes, { rng })),
    };
  } catch (error) {
    for (const module of own) module.dispose();
    throw error;
  }
}

/** @throws {FormatError} unless the count, which untrusted options may break, is at most the limit */
function requireWithin(limit: number, name: string, least: () => number): void {
  if (limit === Infinity) return;
  let count = Number.NaN;
  try {
    count = least();
  } catch {
    // Not even the kind of thing that it should be.
  }
  if (!(count <= limit)) throw new FormatError(`${op}: ${name} asks for more than the ${limit} values that there are`);
}

/** The grid of patches of images of the configured size. @throws {OptionError} @throws {ShapeError} for images too small for the scorer */
export function gridFor(config: PatchSelectorConfig, scorer: ScoreNetwork): PatchGrid {
  const { height, width, downscale, patchSize, align } = config;
  if (typeof scorer.gridOf !== 'function') {
    throw new OptionError(`${op}: a scorer needs gridOf(height, width), which tells how many scores it gives`);
  }
  const { rows, columns } = scorer.gridOf(Math.floor(height / downscale), Math.floor(width / downscale));
  const common = { height, width, rows, columns, patchSize };
  if (align === 'cell') return patchGrid(common);
  const { pool, receptiveField } = scorer;
  return patchGrid({ ...common, align, downscale, pool, receptiveField });
}

function requirePlaces(patches: number, { rows, columns }: PatchGrid): void {
  if (patches <= rows * columns) return;
  throw new OptionError(
    `${op}: patches must be at most ${rows * columns}, the cells of a grid of ${rows} x ${columns}, got ${quote(patches)}`,
  );
}
