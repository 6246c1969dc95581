/** What `compressOnnx` can be told, and what it tells on its way. */
import { checkOptions, OptionError, quote, requireFlag, requireFrom, requireFunction } from '@saccade/tensor';
import type { DecomposeOptions } from '../decompose/decompose.js';
import type { DecomposeProgress } from '../decompose/search.js';
import type { ExternalFiles } from './external-data.js';

/** How far it is: the attention that is decomposed, its place among those that can be, and how many these are. */
export type OnnxProgress = {
  readonly attention: string;
  readonly index: number;
  readonly attentions: number;
} & DecomposeProgress;

/** One of `sharedDim` and `maxError`, and how. */
export interface CompressOnnxOptions
  extends Pick<DecomposeOptions, 'init' | 'seed' | 'restarts' | 'tolerance' | 'maxIterations' | 'signal'> {
  /** Dimensions from 1 on, or below 1 a share of each attention's heads x dims. */
  readonly sharedDim?: number | undefined;
  /** The largest relative error of each attention's W_Q^T W_K; the smallest rank is sought that keeps it. */
  readonly maxError?: number | undefined;
  /** Converts attentions too that take no fewer bytes afterwards. Default false: they stay as they are. */
  readonly allowGrowth?: boolean | undefined;
  /** Files of weights, by the names that the model has for them. Default: those beside the model, if that is a path or an address. */
  readonly externalData?: ExternalFiles | undefined;
  /** Called after each sweep. */
  readonly onProgress?: ((progress: OnnxProgress) => void) | undefined;
}

const names = [
  'sharedDim',
  'maxError',
  'allowGrowth',
  'externalData',
  'init',
  'seed',
  'restarts',
  'tolerance',
  'maxIterations',
  'signal',
  'onProgress',
] as const;

/** The options as they are. @throws {OptionError} for those that do not fit */
export function checkedOnnxOptions(op: string, options: CompressOnnxOptions): CompressOnnxOptions {
  checkOptions(op, options, names);
  const { sharedDim, maxError, allowGrowth = false, externalData = {}, onProgress } = options;
  if ((sharedDim === undefined) === (maxError === undefined)) {
    throw new OptionError(
      `${op}: takes one of sharedDim and maxError, got ${sharedDim === undefined ? 'neither' : 'both'}`,
    );
  }
  if (sharedDim !== undefined && !(sharedDim > 0 && (sharedDim < 1 || Number.isSafeInteger(sharedDim)))) {
    throw new OptionError(
      `${op}: sharedDim must be a whole number from 1, or a share of the dimensions between 0 and 1, got ${quote(sharedDim)}`,
    );
  }
  if (maxError !== undefined) requireFrom(op, 'maxError', maxError);
  requireFlag(op, 'allowGrowth', allowGrowth);
  if (Object.prototype.toString.call(externalData) !== '[object Object]') {
    throw new OptionError(`${op}: externalData must be files by name, got ${quote(externalData)}`);
  }
  if (onProgress !== undefined) requireFunction(op, onProgress);
  return options;
}
