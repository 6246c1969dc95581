/** The error for models of which some layer proves nothing. */
import { SaccadeError } from '@saccade/tensor';

/** There is no proof of a model, as there is none of one of its layers. */
export class UnprovedError extends SaccadeError {
  /** Path of the layer. */
  readonly layer: string;

  constructor(layer: string) {
    super('unproved', `layer ${layer} has no proof of its equivariance: it needs a method prove(form, group, layer)`);
    this.layer = layer;
  }
}
