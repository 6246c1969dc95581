/** How many dimensions the layers of a checkpoint share: asked for, or what an error or a size leaves. */
import { OptionError, quote, requireAbove, requireCount, requireFrom } from '@saccade/tensor';
import type { SharableLayer } from './attention-layers.js';

/** One of the three. */
export interface RankChoice {
  /** Dimensions from 1 on, or below 1 a share of each layer's heads x dims. */
  readonly sharedDim?: number | undefined;
  /** The largest relative error of each layer's W_Q^T W_K; the smallest rank is sought that keeps it. */
  readonly maxError?: number | undefined;
  /** Bytes that all files together may have; dimensions go to the layers where they take most error away. */
  readonly targetBytes?: number | undefined;
}

/** @throws {OptionError} unless one is given, and makes sense */
export function requireChoice(op: string, { sharedDim, maxError, targetBytes }: RankChoice): void {
  const given = Object.entries({ sharedDim, maxError, targetBytes }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none' : given.map(([name]) => name).join(' and ');
    throw new OptionError(`${op}: takes one of sharedDim, maxError and targetBytes, got ${got}`);
  }
  if (sharedDim !== undefined && !(sharedDim > 0 && (sharedDim < 1 || Number.isSafeInteger(sharedDim)))) {
    throw new OptionError(
      `${op}: sharedDim must be a whole number from 1, or a share of the dimensions between 0 and 1, got ${quote(sharedDim)}`,
    );
  }
  if (maxError !== undefined) requireFrom(op, 'maxError', maxError);
  if (targetBytes !== undefined) requireCount(op, 'targetBytes', requireAbove(op, 'targetBytes', targetBytes));
}

/** The rank that a sharedDim means for a layer. */
export function rankOf(sharedDim: number, { heads, dims }: Pick<SharableLayer, 'heads' | 'dims'>): number {
  return sharedDim >= 1 ? sharedDim : Math.max(1, Math.round(sharedDim * heads * dims));
}
