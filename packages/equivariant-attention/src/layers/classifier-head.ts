/** From features to logits: a map of each pixel, the sum or mean over pixels, the largest or mean over elements. */
import { type Linear, Module } from '@saccade/nn';
import { checkOptions, type Rng, requireCount, requireRng, scope, type Tensor } from '@saccade/tensor';
import { proveChain } from '../certify/chain.js';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { pointwise } from './pointwise.js';
import { GroupPool, SpatialPool } from './pools.js';

/** Options of the head. */
export interface ClassifierHeadOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Over pixels. Default 'mean'; the paper's is 'sum', whose first losses are as large as there are pixels. */
  readonly spatialPool?: 'sum' | 'mean' | undefined;
  /** Over elements. Default 'max'. */
  readonly groupPool?: 'max' | 'mean' | undefined;
  /** Default sqrt(2). */
  readonly initScale?: number | undefined;
}

/** [batch, group, height, width, inputs] -> [batch, classes], the same for turned images. The map has no bias. State: `classes.weight` [classes, inputs]. */
export class ClassifierHead extends Module implements Provable {
  readonly classes: Linear;
  readonly pixels: SpatialPool;
  readonly elements: GroupPool;

  /** @throws {OptionError} */
  constructor(inputs: number, classes: number, options: ClassifierHeadOptions) {
    super();
    const op = 'ClassifierHead';
    const { spatialPool, groupPool, initScale } = checkOptions(op, options, [
      'rng',
      'spatialPool',
      'groupPool',
      'initScale',
    ]);
    requireCount(op, 'inputs', inputs);
    requireCount(op, 'classes', classes);
    this.pixels = new SpatialPool(spatialPool);
    this.elements = new GroupPool(groupPool);
    this.classes = pointwise(inputs, classes, { rng: requireRng(op, options.rng), initScale, bias: false });
  }

  /** @throws {ShapeError} unless x is [batch, group, height, width, inputs] */
  override forward(x: Tensor): Tensor {
    // Pixels first: a map and a sum may change places, and this one is shorter.
    return scope(() => this.elements.forward(this.classes.forward(this.pixels.forward(x))));
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const { pixels, classes, elements } = this;
    return proveChain(Object.entries({ pixels, classes, elements }), form, group, layer);
  }
}
