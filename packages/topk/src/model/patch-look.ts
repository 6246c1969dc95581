/** What a selector tells of a forward pass. */
import type { Tensor } from '@saccade/tensor';
import type { Selection } from '../operator/selection.js';

/** What a selector saw. */
export interface PatchLook {
  /** [batch, classes]; [batch, k, classes] where the aggregation keeps all tokens. */
  readonly logits: Tensor;
  /** How much each place matters, normalised, [batch, rows, columns]; zeros where the choice is random. */
  readonly scores: Tensor;
  /** Which places were looked at. */
  readonly selection: Selection;
  /** [batch, k, patchSize, patchSize, channels]. */
  readonly patches: Tensor;
  /** [batch, k, features]. */
  readonly representations: Tensor;
  /** Of the normalised scores, the mean over the batch: a scalar. */
  readonly entropy: Tensor;
  /** The same of the scores as they came. */
  readonly entropyBefore: Tensor;
}
