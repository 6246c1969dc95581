/** How many entries a compressor keeps: a number, or a share of the length. */
import { checkOptions, OptionError, requireCount } from '@saccade/tensor';
import { requireShare } from './share.js';

/** `{ k: 10 }`: 10 entries, or all of a shorter vector. `{ ratio: 0.01 }`: 1 % of them, rounded, at least 1. */
export type Amount =
  | { readonly k: number; readonly ratio?: undefined }
  | { readonly ratio: number; readonly k?: undefined };

/** How many of `length` entries that is, and the words for it in a compressor's name. */
export interface Count {
  readonly text: string;
  of(length: number): number;
}

/** @throws {OptionError} unless k is a whole number from 1, or ratio a number above 0 and at most 1 */
export function countOf(op: string, amount: Amount): Count {
  const { k, ratio } = checkOptions(op, amount, ['k', 'ratio']);
  if (k !== undefined && ratio !== undefined) throw new OptionError(`${op}: pass k or ratio, not both`);
  if (ratio === undefined) {
    const count = requireCount(op, 'k', k as number);
    return { text: String(count), of: (length) => Math.min(count, length) };
  }
  requireShare(op, 'ratio', ratio);
  // Rounded, as 0.29 of 100 is 28.999999999999996 in floating point.
  const of = (length: number): number => Math.min(length, Math.max(1, Math.round(ratio * length)));
  return { text: `${Number((100 * ratio).toPrecision(12))}%`, of };
}
