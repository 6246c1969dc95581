/** Checks of what callers pass to the generators of images. */
import { requireCount, requireOneOf } from '@saccade/tensor';
import type { GeneratedSplit } from './stream-generator.js';

/** The longest side of a generated image: positions are drawn exactly up to here. */
export const maxSide: number = 2 ** 20;

/** What says which image of a generated data set is meant. */
export interface GeneratedSource {
  /** A whole number in [0, 2^32). */
  readonly seed: number;
  /** Default: 'train'. */
  readonly split?: GeneratedSplit | undefined;
}

/** Which images of a generated data set are meant. */
export interface GeneratedRange {
  /** Number of images. */
  readonly count: number;
  /** Position of the first image in its split. Default: 0. */
  readonly first?: number | undefined;
}

/** @throws {OptionError} unless seed and split name a stream of images */
export function requireSource(op: string, { seed, split = 'train' }: GeneratedSource): void {
  requireCount(op, 'seed', seed, 0, 2 ** 32 - 1);
  requireOneOf(op, 'split', split, ['train', 'test', 'valid']);
}

/** @throws {OptionError} unless every image of the range has a number of its own */
export function requireRange(op: string, { count, first = 0 }: GeneratedRange): void {
  requireCount(op, 'first', first, 0, 2 ** 32 - 1);
  requireCount(op, 'count', count, 1, 2 ** 32 - first);
}
