/** The options of `topk train`. */
import { imageSize, oneOf, readArguments, realNumber, UsageError, wholeNumber, wholeNumbers } from '@saccade/command';
import type { AggregationOptions } from '../model/aggregation-kinds.js';
import type { FeatureOptions } from '../model/feature-kinds.js';
import type { SelectionMethod } from '../model/patch-selector-options.js';
import type { PerturbedGradient } from '../operator/perturbed.js';

const definitions = {
  data: { type: 'string' },
  generate: { type: 'string' },
  count: { type: 'string' },
  size: { type: 'string' },
  channels: { type: 'string' },
  validation: { type: 'string' },
  patches: { type: 'string' },
  'patch-size': { type: 'string' },
  downscale: { type: 'string' },
  'scorer-channels': { type: 'string' },
  pool: { type: 'string' },
  features: { type: 'string' },
  aggregation: { type: 'string' },
  align: { type: 'string' },
  method: { type: 'string' },
  sigma: { type: 'string' },
  samples: { type: 'string' },
  grad: { type: 'string' },
  entropy: { type: 'string' },
  epochs: { type: 'string' },
  batch: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  threads: { type: 'string' },
  out: { type: 'string', default: 'model.safetensors' },
  checkpoint: { type: 'string' },
  resume: { type: 'boolean', default: false },
  picture: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** All of them, without the dashes. */
export const optionNames: readonly string[] = Object.keys(definitions);

/** What fits a kind of data. */
interface Preset {
  readonly patches: number;
  readonly patchSize: number;
  readonly downscale: number;
  readonly scorerChannels: readonly number[];
  readonly pool: number;
  readonly features: 'small' | Exclude<FeatureOptions['kind'], 'conv' | 'torch-resnet18'>;
  readonly aggregation: AggregationOptions['kind'];
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
}

const small = {
  patches: 4,
  patchSize: 24,
  downscale: 4,
  scorerChannels: [4, 8, 16],
  pool: 2,
  features: 'small',
  epochs: 12,
  batch: 32,
  rate: 0.004,
} as const;

const presets: Readonly<Record<'folder' | 'digits' | 'billiard', Preset>> = {
  folder: {
    ...{ patches: 5, patchSize: 100, downscale: 3, scorerChannels: [8, 16, 32], pool: 8 },
    ...{ features: 'ats', aggregation: 'mean', epochs: 10, batch: 16, rate: 0.001 },
  },
  digits: { ...small, aggregation: 'max' },
  billiard: { ...small, aggregation: 'transformer' },
};

/** Where images come from. */
export type ImageSource =
  | { readonly kind: 'folder'; readonly path: string; readonly channels: 1 | 3 }
  | { readonly kind: 'digits' | 'billiard'; readonly count: number };

/** What `topk train` was asked to do. */
export interface TrainOptions extends Preset {
  readonly source: ImageSource;
  readonly size: readonly [height: number, width: number] | undefined;
  readonly validation: number;
  readonly align: 'cell' | 'receptive-field';
  readonly method: SelectionMethod;
  readonly sigma: number;
  readonly samples: number;
  readonly grad: PerturbedGradient;
  readonly entropy: number;
  readonly seed: number;
  readonly threads: number | undefined;
  readonly out: string;
  readonly checkpoint: string | undefined;
  readonly resume: boolean;
  readonly picture: string | undefined;
  readonly json: boolean;
}

// biome-ignore format: lists
const names = {
  features: ['ats', 'small', 'resnet18', 'resnet18-fourth', 'resnet50'],
  aggregation: ['mean', 'max', 'sum-layernorm', 'transformer', 'cross-attention', 'mlp'],
  method: ['exact', 'perturbed', 'straight-through', 'sinkhorn', 'neuralsort', 'softsort', 'hard', 'random'],
  grad: ['full', 'plain', 'hard-baseline', 'diag'],
  align: ['cell', 'receptive-field'],
} as const;

type Values = ReturnType<typeof readArguments<typeof definitions>>['values'];

function sourceOf({ data, generate, count, channels = '3' }: Values): ImageSource {
  if ((data === undefined) === (generate === undefined)) {
    throw new UsageError('expected either --data DIR or --generate NAME');
  }
  if (data !== undefined) {
    if (count !== undefined) throw new UsageError('--count is for --generate');
    return { kind: 'folder', path: data, channels: Number(oneOf('channels', channels, ['1', '3'])) as 1 | 3 };
  }
  return {
    kind: oneOf('generate', generate, ['digits', 'billiard'])!,
    count: wholeNumber('count', count, 2) ?? 4000,
  };
}

function shareOf(text: string | undefined): number {
  const share = realNumber('validation', text) ?? 0.2;
  if (share >= 1) throw new UsageError(`--validation must be a number from 0 to below 1, got ${text}`);
  return share;
}

/** Reads the arguments; undefined where help is wanted. @throws {UsageError} */
export function trainOptions(args: readonly string[]): TrainOptions | undefined {
  const { values } = readArguments(args, definitions);
  if (values.help) return undefined;
  const source = sourceOf(values);
  const preset = presets[source.kind];
  const { out, checkpoint, resume, picture, json } = values;
  return {
    ...{ source, out, checkpoint, resume, picture, json },
    size: imageSize('size', values.size),
    validation: shareOf(values.validation),
    patches: wholeNumber('patches', values.patches) ?? preset.patches,
    patchSize: wholeNumber('patch-size', values['patch-size']) ?? preset.patchSize,
    downscale: wholeNumber('downscale', values.downscale) ?? preset.downscale,
    scorerChannels: wholeNumbers('scorer-channels', values['scorer-channels']) ?? preset.scorerChannels,
    pool: wholeNumber('pool', values.pool) ?? preset.pool,
    features: oneOf('features', values.features, names.features) ?? preset.features,
    aggregation: oneOf('aggregation', values.aggregation, names.aggregation) ?? preset.aggregation,
    align: oneOf('align', values.align, names.align) ?? 'cell',
    method: oneOf('method', values.method, names.method) ?? 'exact',
    sigma: realNumber('sigma', values.sigma) ?? 0.05,
    samples: wholeNumber('samples', values.samples) ?? 500,
    grad: oneOf('grad', values.grad, names.grad) ?? 'full',
    entropy: realNumber('entropy', values.entropy, { least: -Infinity }) ?? -0.01,
    epochs: wholeNumber('epochs', values.epochs) ?? preset.epochs,
    batch: wholeNumber('batch', values.batch) ?? preset.batch,
    rate: realNumber('rate', values.rate, { above: true }) ?? preset.rate,
    seed: wholeNumber('seed', values.seed, 0) ?? 0,
    threads: wholeNumber('threads', values.threads),
  };
}
