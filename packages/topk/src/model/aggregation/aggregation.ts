/** From the features of k patches to one vector. */
import { Module } from '@saccade/nn';
import type { Tensor } from '@saccade/tensor';

/**
 * What every aggregation is: representations [batch, k, features] and indicators [batch, k, n] (which of the n places each
 * patch is, a distribution in training) -> [batch, outSize], or a vector for each patch where it says so.
 */
export abstract class Aggregation extends Module<[representations: Tensor, indicators: Tensor]> {
  /** Extent of the last axis of the result. */
  abstract readonly outSize: number;
}
