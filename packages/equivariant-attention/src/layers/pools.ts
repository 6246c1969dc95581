/** From features to images, and to vectors: over the elements of a group, and over pixels. */
import { Module } from '@saccade/nn';
import { max, mean, requireOneOf, ShapeError, show, sum, type Tensor } from '@saccade/tensor';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { exactStep, oneStep } from './verdicts.js';

/** The largest, or the mean, over elements: [batch, group, ...] -> [batch, ...], which turns as images do, or, without pixels, not at all. */
export class GroupPool extends Module implements Provable {
  readonly kind: 'max' | 'mean';

  /** @throws {OptionError} for another kind */
  constructor(kind: 'max' | 'mean' = 'max') {
    super();
    this.kind = requireOneOf('GroupPool', 'kind', kind, ['max', 'mean']);
  }

  /** @throws {ShapeError} unless x is [batch, group, height, width, channels] or [batch, group, channels] */
  override forward(x: Tensor): Tensor {
    if (x.rank !== 5 && x.rank !== 3) {
      throw new ShapeError(
        `GroupPool: expected [batch, group, height, width, channels] or [batch, group, channels], got ${show(x.shape)}`,
      );
    }
    return this.kind === 'max' ? max(x, { axis: 1 }) : mean(x, { axis: 1 });
  }

  prove(form: Form, group: Group, layer: string): Proof {
    return oneStep(exactStep(layer, group), { ...form, group: undefined });
  }
}

/** The sum, or the mean, over pixels: [batch, group, height, width, channels] -> [batch, group, channels]; of images [batch, channels]. */
export class SpatialPool extends Module implements Provable {
  readonly kind: 'sum' | 'mean';

  /** @throws {OptionError} for another kind */
  constructor(kind: 'sum' | 'mean' = 'mean') {
    super();
    this.kind = requireOneOf('SpatialPool', 'kind', kind, ['sum', 'mean']);
  }

  /** @throws {ShapeError} unless x are features or images */
  override forward(x: Tensor): Tensor {
    if (x.rank !== 5 && x.rank !== 4) {
      throw new ShapeError(
        `SpatialPool: expected [batch, group, height, width, channels] or images, got ${show(x.shape)}`,
      );
    }
    return (this.kind === 'sum' ? sum : mean)(x, { axis: [-3, -2] });
  }

  prove(form: Form, group: Group, layer: string): Proof {
    return oneStep(exactStep(layer, group), { ...form, height: undefined, width: undefined });
  }
}
