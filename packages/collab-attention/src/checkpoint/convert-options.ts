/** What `convertCheckpoint` can be told, and what it tells on its way. */
import {
  checkOptions,
  OptionError,
  quote,
  requireCount,
  requireFlag,
  requireFunction,
  requireOneOf,
} from '@saccade/tensor';
import type { DecomposeOptions } from '../decompose/decompose.js';
import type { DecomposeProgress } from '../decompose/search.js';
import { type SourceOptions, sourceOptionNames } from './checkpoint-source.js';
import { type RankChoice, requireChoice } from './rank-choice.js';
import type { CheckpointForm } from './shared-block.js';

/** How far a conversion is. `survey`: weights are looked at; `decompose`: a layer, sweep by sweep; `write`: tensor by tensor. */
export type ConversionProgress =
  | { readonly stage: 'survey'; readonly layer: string; readonly index: number; readonly layers: number }
  | ({
      readonly stage: 'decompose';
      readonly layer: string;
      readonly index: number;
      readonly layers: number;
    } & DecomposeProgress)
  | { readonly stage: 'write'; readonly file: string; readonly bytes: number; readonly totalBytes: number };

/** One of `sharedDim`, `maxError` and `targetBytes`, and how. */
export interface ConvertOptions
  extends RankChoice,
    SourceOptions,
    Pick<DecomposeOptions, 'init' | 'seed' | 'restarts' | 'tolerance' | 'maxIterations'> {
  /** What becomes of layers that have no shared form: `refuse` (default) ends with the reason, `skip` leaves them as they are. */
  readonly onUnsupported?: 'refuse' | 'skip' | undefined;
  /** Converts layers too that take no fewer bytes afterwards. Default false: they stay as they are. */
  readonly allowGrowth?: boolean | undefined;
  /** Element type of the new tensors: that of the query weights (`input`, default), or F32. */
  readonly dtype?: 'input' | 'F32' | undefined;
  /**
   * `plain` (default): the divisor is the original's, stored as `scale`. `released`: for the paper's released classes, which divide by sqrt(R / heads):
   * the difference is multiplied into mixing and content bias, and values and output have the names of those classes.
   */
  readonly form?: CheckpointForm | undefined;
  /** Tokens for which operations are counted. Default 128. */
  readonly length?: number | undefined;
  /** Called after each step. */
  readonly onProgress?: ((progress: ConversionProgress) => void) | undefined;
}

const names = [
  'sharedDim',
  'maxError',
  'targetBytes',
  ...sourceOptionNames,
  'init',
  'seed',
  'restarts',
  'tolerance',
  'maxIterations',
  'onUnsupported',
  'allowGrowth',
  'dtype',
  'form',
  'length',
  'onProgress',
] as const;

/** With defaults. */
export type CheckedOptions = ConvertOptions & {
  readonly [Name in 'onUnsupported' | 'allowGrowth' | 'dtype' | 'form' | 'length']-?: NonNullable<ConvertOptions[Name]>;
};

/** @throws {OptionError} */
export function checkedOptions(op: string, options: ConvertOptions): CheckedOptions {
  checkOptions(op, options, names);
  requireChoice(op, options);
  const {
    onUnsupported = 'refuse',
    allowGrowth = false,
    dtype = 'input',
    form = 'plain',
    length = 128,
    onProgress,
    adapters,
  } = options;
  requireOneOf(op, 'onUnsupported', onUnsupported, ['refuse', 'skip']);
  requireFlag(op, 'allowGrowth', allowGrowth);
  requireOneOf(op, 'dtype', dtype, ['input', 'F32']);
  requireOneOf(op, 'form', form, ['plain', 'released']);
  requireCount(op, 'length', length);
  if (onProgress !== undefined) requireFunction(op, onProgress);
  requireSource(op, options);
  return { ...options, onUnsupported, allowGrowth, dtype, form, length, adapters };
}

/** @throws {OptionError} for heads and adapters that make no sense */
export function requireSource(op: string, { heads, adapters }: SourceOptions): void {
  if (heads !== undefined) requireCount(op, 'heads', heads);
  if (adapters === undefined) return;
  const isAdapter = (one: unknown): boolean => {
    const { family, matches, layers } = Object(one) as Record<string, unknown>;
    return typeof family === 'string' && typeof matches === 'function' && typeof layers === 'function';
  };
  if (Array.isArray(adapters) && adapters.every(isAdapter)) return;
  throw new OptionError(`${op}: adapters must be a list of { family, matches, layers }, got ${quote(adapters)}`);
}
