/** What a layer owes the certificate: for an input of a given form, the elements for which it is exactly equivariant, and why not for the others. */
import type { Group } from '../groups/group.js';

/** What a layer is given: an image, or features over a group; without pixels once these were averaged. */
export interface Form {
  /** Whose elements the features are over; none for images, and after the elements were pooled. */
  readonly group: Group | undefined;
  /** Pixels; none once they were pooled. */
  readonly height: number | undefined;
  readonly width: number | undefined;
}

/** What one layer, or one step of it, proves. */
export interface ProofStep {
  /** Name of the layer, as its path in the model. */
  readonly layer: string;
  /** Matrices of the elements are looked up in the group of the whole model: these are the numbers of those for which the step is exact. */
  readonly exact: readonly number[];
  /** Why it is not for the others; empty where it is for all. */
  readonly reason: string;
  /**
   * The elements for which nothing is in the way but that pixels are not mapped to pixels, so that the step is as near as interpolation of pixels is. Default: all whose
   * matrices do not map pixels to pixels. A step that is wrong for them too, as with an index that is not invariant, tells fewer.
   */
  readonly approximate?: readonly number[] | undefined;
}

/** The steps of a layer, and what it gives to the next. */
export interface Proof {
  readonly steps: readonly ProofStep[];
  readonly output: Form;
}

/** A layer whose equivariance can be proved from its numbers. */
export interface Provable {
  /**
   * @param group of the whole model, whose elements are asked about
   * @param layer the layer's path, with which its steps are named
   */
  prove(form: Form, group: Group, layer: string): Proof;
}
