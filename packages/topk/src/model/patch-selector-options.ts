/** What a `PatchSelector` takes, and what a file keeps of it. */
import {
  checkOptions,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireOneOf,
  requireRng,
  requireWithin,
} from '@saccade/tensor';
import { methods, type TopKMethod, type TopKOptions } from '../operator/top-k-options.js';
import type { PatchGridOptions } from '../patches/patch-grid.js';
import type { Aggregation } from './aggregation/aggregation.js';
import { type AggregationOptions, aggregationKinds } from './aggregation-kinds.js';
import { type FeatureNetwork, type FeatureOptions, featureKinds } from './feature-kinds.js';
import { type PartOptions, partData } from './part-kinds.js';
import { type ScoreNetwork, type ScorerData, scorerKinds } from './scorer-kinds.js';

/** A method of `topK` that gives k rows, or k distinct patches at random, whatever the scores. */
export type SelectionMethod = Exclude<TopKMethod, 'lapsum' | 'sparse' | 'dftopk'> | 'random';

/** How patches are chosen in training: options of `topK`. */
export interface SelectionOptions extends Omit<TopKOptions, 'k' | 'rng' | 'method' | 'alpha' | 'width' | 'p'> {
  /** Default 'exact'. */
  readonly method?: SelectionMethod | undefined;
}

/** Options of the selector. */
export interface PatchSelectorOptions {
  /** Of the images. */
  readonly height: number;
  readonly width: number;
  /** Default 3. */
  readonly channels?: number | undefined;
  readonly classes: number;
  /** k, how many patches are looked at. */
  readonly patches: number;
  /** Their height and width, in pixels of the image. */
  readonly patchSize: number;
  /** How many times smaller the picture is that the scorer sees. */
  readonly downscale: number;
  /** Draws the start values; streams for dropout, noise and mixing are split from it. */
  readonly rng: Rng;
  /** What says where to look. Default 'conv', the paper's. */
  readonly scorer?: ScoreNetwork | ScorerData | ScorerData['kind'] | undefined;
  /** What looks at a patch. Default 'ats', the paper's for traffic signs. */
  readonly features?: FeatureNetwork | FeatureOptions | FeatureOptions['kind'] | undefined;
  /** From the features of k patches to one vector. Default 'mean'. */
  readonly aggregation?: Aggregation | AggregationOptions | AggregationOptions['kind'] | undefined;
  /** From there to the classes: two affine maps with a swish between them (default, the paper's), or one. */
  readonly head?: 'dense' | 'linear' | undefined;
  /** Of the scores, as `normalizeScores` takes it. Default 'zerooneeps(1e-5)'. */
  readonly normalization?: string | undefined;
  readonly selection?: SelectionOptions | undefined;
  /** How patches are chosen in evaluation. Default 'hard'; 'random' where training is. */
  readonly inferenceMethod?: SelectionMethod | undefined;
  /** What the entropy counts in the loss; below 0 it keeps scores from settling early. Default -0.01. */
  readonly entropyWeight?: number | undefined;
  /** The entropy of the scores before (default) or after their normalisation. */
  readonly entropyOf?: 'before' | 'after' | undefined;
  /** Probability with which all rows of an image become the hard choice, in training. Default 0. */
  readonly hardProbability?: number | undefined;
  /** Probability with which a row, for itself, becomes that of a random choice, in training. Default 0. */
  readonly randomProbability?: number | undefined;
  /** As `patchGrid` takes it. Default 'cell'. */
  readonly align?: PatchGridOptions['align'];
  /** Gives patches two more channels, the row and the column of each pixel from 0 to 1; the scorer does not see them. Default false. */
  readonly appendPosition?: boolean | undefined;
  /** Multiplies pixels. Default 1 / 255 for uint8 images, else 1. */
  readonly scale?: number | undefined;
}

/** What is stored otherwise than it was given. */
type Special = 'rng' | 'scorer' | 'features' | 'aggregation' | 'scale';

/** All of it that is data, with the defaults. */
export type PatchSelectorConfig = {
  readonly [Name in Exclude<keyof PatchSelectorOptions, Special>]-?: NonNullable<PatchSelectorOptions[Name]>;
} & {
  readonly scorer: PartOptions;
  readonly features: PartOptions;
  readonly aggregation: PartOptions;
  readonly scale?: number | undefined;
};

const op = 'PatchSelector';
const masks: readonly TopKMethod[] = ['lapsum', 'sparse', 'dftopk'];
const rowMethods: readonly string[] = [...methods.filter((method) => !masks.includes(method)), 'random'];

// biome-ignore format: a list
const names = [
  'height', 'width', 'channels', 'classes', 'patches', 'patchSize', 'downscale', 'rng', 'scorer', 'features', 'aggregation',
  'head', 'normalization', 'selection', 'inferenceMethod', 'entropyWeight', 'entropyOf', 'hardProbability',
  'randomProbability', 'align', 'appendPosition', 'scale',
] as const;

// biome-ignore format: a list
const selectionNames = [
  'method', 'sigma', 'samples', 'noise', 'noiseKind', 'order', 'grad', 'onNaN', 'tau', 'epsilon', 'iterations',
] as const;

/** The configuration and its defaults; what only `topK` or a part can tell, these check. @throws {OptionError} */
export function selectorConfig(options: PatchSelectorOptions): PatchSelectorConfig {
  checkOptions(op, options, names);
  requireRng(op, options.rng);
  const { rng: _, scorer = 'conv', features = 'ats', aggregation = 'mean', selection = {}, ...given } = options;
  checkOptions(`${op}: selection`, selection, selectionNames);
  const method = selection.method ?? 'exact';
  const config: PatchSelectorConfig = {
    ...given,
    channels: given.channels ?? 3,
    head: given.head ?? 'dense',
    normalization: given.normalization ?? 'zerooneeps(1e-5)',
    inferenceMethod: given.inferenceMethod ?? (method === 'random' ? 'random' : 'hard'),
    entropyWeight: given.entropyWeight ?? -0.01,
    entropyOf: given.entropyOf ?? 'before',
    hardProbability: given.hardProbability ?? 0,
    randomProbability: given.randomProbability ?? 0,
    align: given.align ?? 'cell',
    appendPosition: given.appendPosition ?? false,
    selection: { ...selection, method },
    scorer: partData(op, 'scorer', scorerKinds, scorer),
    features: partData(op, 'features', featureKinds, features),
    aggregation: partData(op, 'aggregation', aggregationKinds, aggregation),
  };
  check(config);
  return config;
}

function check(config: PatchSelectorConfig): void {
  for (const name of ['height', 'width', 'channels', 'classes', 'patches', 'patchSize', 'downscale'] as const) {
    requireCount(op, name, config[name]);
  }
  requireOneOf(op, 'head', config.head, ['dense', 'linear']);
  requireOneOf(op, 'selection.method', config.selection.method, rowMethods);
  requireOneOf(op, 'inferenceMethod', config.inferenceMethod, rowMethods);
  requireOneOf(op, 'entropyOf', config.entropyOf, ['before', 'after']);
  requireOneOf(op, 'align', config.align, ['cell', 'receptive-field']);
  requireOneOf(op, 'appendPosition', config.appendPosition, [true, false]);
  requireWithin(op, 'hardProbability', config.hardProbability, 0, 1);
  requireWithin(op, 'randomProbability', config.randomProbability, 0, 1);
  const { entropyWeight, scale = 1 } = config;
  if (!Number.isFinite(entropyWeight)) {
    throw new OptionError(`${op}: entropyWeight must be a number, got ${quote(entropyWeight)}`);
  }
  if (!Number.isFinite(scale)) throw new OptionError(`${op}: scale must be a number, got ${quote(scale)}`);
}
