/** Makes any model invariant or equivariant: by the mean or the maximum of what it gives for all turned versions of its input. */
import { Module } from '@saccade/nn';
import {
  add,
  checkOptions,
  div,
  isTensor,
  maximum,
  OptionError,
  quote,
  type RngState,
  requireOneOf,
  reshape,
  ShapeError,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { type Action, applyAction, requireAction } from './certify/actions.js';
import { proofOf } from './certify/chain.js';
import type { Form, Proof, Provable } from './certify/proof.js';
import { UnprovedError } from './certify/unproved-error.js';
import type { Group, GroupOptions } from './groups/group.js';
import { type GroupName, groupOf } from './groups/named-groups.js';
import { elementsIn } from './layers/elements-in.js';
import { offLattice, stepOf } from './layers/verdicts.js';

/** How to. */
export interface SymmetriseOptions {
  /** How the outputs of an orbit become one: their mean (default), or the largest, value by value. */
  readonly reduce?: 'mean' | 'max' | undefined;
  /** What elements do with inputs: 'image' (default), 'features', or a function (input, element) => input. */
  readonly inputAction?: Exclude<Action, 'invariant'> | undefined;
  /** What the output shall do when the input turns: 'invariant' (default), or turn as an 'image' or 'features', each of which is turned back before they become one. */
  readonly outputAction?: Action | undefined;
  /** How values between pixels are made. Default 'bilinear'. */
  readonly interpolation?: 'bilinear' | 'cubic' | undefined;
}

/** A model without symmetry. */
export type PlainModel = Module<[x: Tensor]> | ((x: Tensor) => Tensor);

/**
 * y(x) = mean (or max) over h of T_h f(T_h^-1 x): invariant, or equivariant, whatever f is. Exact for elements that map pixels to pixels, up to the rounding of a mean, as
 * the outputs are the same in another order. Runs the model once for each element. The baseline for networks that are equivariant by themselves.
 */
export class Symmetrised extends Module implements Provable {
  /** The model, if it is a module; its parameters are those of this one. */
  readonly model: PlainModel;
  readonly group: Group;
  readonly reduce: 'mean' | 'max';
  readonly inputAction: Action;
  readonly outputAction: Action;
  readonly interpolation: 'bilinear' | 'cubic';

  /** @throws {OptionError} for what is no model, and options that do not fit */
  constructor(model: PlainModel, group: Group | GroupName | GroupOptions, options: SymmetriseOptions = {}) {
    super();
    const op = 'symmetrise';
    const names = ['reduce', 'inputAction', 'outputAction', 'interpolation'] as const;
    const given = checkOptions(op, options, names);
    const { reduce = 'mean', inputAction = 'image', outputAction = 'invariant', interpolation = 'bilinear' } = given;
    if (!(model instanceof Module) && typeof model !== 'function') {
      throw new OptionError(`${op}: expected a module or a function, got ${quote(model)}`);
    }
    this.model = model;
    this.group = groupOf(group);
    this.reduce = requireOneOf(op, 'reduce', reduce, ['mean', 'max']);
    this.inputAction = requireAction(op, 'inputAction', inputAction);
    this.outputAction = requireAction(op, 'outputAction', outputAction);
    this.interpolation = requireOneOf(op, 'interpolation', interpolation, ['bilinear', 'cubic']);
  }

  /**
   * What the model gives of x, symmetric. In training all of an orbit is run with the same random numbers, so that it is one function that is made symmetric.
   * @throws {ShapeError} for inputs that do not fit, and for outputs of different shapes
   */
  override forward(x: Tensor): Tensor {
    const { group } = this;
    return scope(() => {
      const streams = [...this.generators().values()];
      const starts: readonly RngState[] = streams.map((stream) => stream.state);
      let sum: Tensor | undefined;
      for (let h = 0; h < group.order; h++) {
        streams.forEach((stream, i) => {
          stream.state = starts[i] as RngState;
        });
        sum = scope(() => this.#joined(sum, this.#turned(x, h)));
      }
      const all = sum as Tensor;
      return this.reduce === 'mean' ? div(all, group.order) : reshape(all, all.shape);
    });
  }

  /** T_h f(T_h^-1 x). */
  #turned(x: Tensor, h: number): Tensor {
    const { group, model, inputAction, outputAction, interpolation } = this;
    const act = (action: Action, t: Tensor, element: number): Tensor =>
      applyAction('symmetrise', action, t, group, element, { interpolation });
    const turned = act(inputAction, x, group.inverse(h));
    const y = typeof model === 'function' ? model(turned) : model.forward(turned);
    if (!isTensor(y)) throw new OptionError(`symmetrise: the model must give a tensor, got ${quote(y)}`);
    return act(outputAction, y, h);
  }

  #joined(sum: Tensor | undefined, y: Tensor): Tensor {
    if (sum === undefined) return y;
    if (String(sum.shape) !== String(y.shape)) {
      throw new ShapeError(
        `symmetrise: the model must give the same shape for all turns of its input, got [${sum.shape}] and [${y.shape}]`,
      );
    }
    return this.reduce === 'mean' ? add(sum, y) : maximum(sum, y);
  }

  /**
   * Exact for the elements of its group that map pixels to pixels, as long as the model gives the same for the same input and random numbers. Outputs that are images are
   * taken to be of the input's size, unless the model proves another.
   * @throws {UnprovedError} for actions of one's own
   */
  prove(form: Form, group: Group, layer: string): Proof {
    if (typeof this.inputAction === 'function' || typeof this.outputAction === 'function') {
      throw new UnprovedError(layer === '' ? 'model' : layer);
    }
    const own = elementsIn(group, this.group);
    const interpolates = this.group.latticeElements.length < this.group.order;
    // Interpolation keeps height and width, and quarter turns exchange them.
    const exchanges = (h: number): boolean => form.height !== form.width && group.matrices[h]?.[0][0] === 0;
    const step = stepOf(layer, group, (h) => {
      if (own[h] === undefined) return { reason: `it was made symmetric under ${this.group.name}, not ${group.name}` };
      if (interpolates && exchanges(h)) return { reason: `${form.height} x ${form.width} is not square` };
      return offLattice(group, h);
    });
    return { steps: [step], output: this.#outputOf(form, group, layer) };
  }

  #outputOf(form: Form, group: Group, layer: string): Form {
    if (this.outputAction === 'invariant') return { group: undefined, height: undefined, width: undefined };
    const own = this.outputAction === 'features' ? this.group : undefined;
    try {
      return { ...proofOf(this.model, form, group, layer).output, group: own };
    } catch (error) {
      if (!(error instanceof UnprovedError)) throw error;
      return { ...form, group: own };
    }
  }
}

/**
 * A model made symmetric: `symmetrise(model, groups.p4)` gives the same for an image and its quarter turns. It takes batches and gives gradients as the model does.
 * @throws {OptionError} for what is no model, and options that do not fit
 */
export function symmetrise(
  model: PlainModel,
  group: Group | GroupName | GroupOptions,
  options: SymmetriseOptions = {},
): Symmetrised {
  return new Symmetrised(model, group, options);
}
