/** From the features of k patches to one vector. */
import { Module } from '@saccade/nn';
import { ShapeError, show, type Tensor } from '@saccade/tensor';

/**
 * What every aggregation is: representations [batch, k, features] and indicators [batch, k, n] (which of the n places each
 * patch is, a distribution in training) -> [batch, outSize], or a vector for each patch where it says so.
 */
export abstract class Aggregation extends Module<[representations: Tensor, indicators: Tensor]> {
  /** Extent of the last axis of the result. */
  abstract readonly outSize: number;
}

/** @throws {ShapeError} unless representations are [batch, k, features] */
export function requireTokens(op: string, representations: Tensor, features: number): void {
  if (representations.rank === 3 && representations.shape[2] === features) return;
  throw new ShapeError(`${op}: representations must be [batch, k, ${features}], got ${show(representations.shape)}`);
}
