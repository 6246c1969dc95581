/** From here on a subgroup: what whole turns make alike, such as 6 and 9, can be told apart by later layers. */
import { Module } from '@saccade/nn';
import { OptionError, type Tensor } from '@saccade/tensor';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { restrictFeatures } from '../groups/restrict.js';
import { elementsIn } from './elements-in.js';
import { oneStep, stepOf } from './verdicts.js';

/**
 * [batch, group, height, width, channels] -> [batch, subgroup, height, width, cosets channels], cosets being the order of the group by that of the subgroup: nothing is lost. Equivariant under the
 * subgroup alone.
 */
export class Restrict extends Module implements Provable {
  readonly from: Group;
  readonly to: Group;

  /** @param to made by `from.subgroup(elements)` @throws {OptionError} for what is no subgroup */
  constructor(from: Group, to: Group) {
    super();
    const own = to.numbersIn(from);
    if (own === undefined || !from.isSubgroup(own)) {
      throw new OptionError(`Restrict: ${to.name} is no subgroup of ${from.name}; make it by group.subgroup(elements)`);
    }
    this.from = from;
    this.to = to;
  }

  /** By how much the channels grow. */
  get cosets(): number {
    return this.from.order / this.to.order;
  }

  /** @throws {ShapeError} unless x are features over the group */
  override forward(x: Tensor): Tensor {
    return restrictFeatures(x, this.from, this.to);
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const own = elementsIn(group, this.to);
    const reason = `restricted to ${this.to.name}`;
    const step = stepOf(layer, group, (element) => (own[element] === undefined ? { reason } : undefined));
    return oneStep(step, { ...form, group: this.to });
  }
}
