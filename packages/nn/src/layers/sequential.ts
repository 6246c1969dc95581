/** Layers one after another, and the perceptron made of them. */
import {
  checkOptions,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireFunction,
  requireRng,
  requireWithin,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { kaimingUniform } from '../initializers.js';
import { Module } from '../module.js';
import { type Activation, activationOf } from './activations.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';

/** A module from one tensor to one tensor. */
export type Layer = Module<[x: Tensor]>;

/** Each layer on the result of the one before. Names are positions, as in PyTorch: `0.weight`. */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  /** @throws {OptionError} for something that is no module */
  constructor(...layers: readonly Layer[]) {
    super();
    for (const [i, layer] of layers.entries()) {
      if (!(layer instanceof Module)) {
        const hint = Array.isArray(layer) ? '; pass the layers one by one: new Sequential(...layers)' : '';
        throw new OptionError(`Sequential: layer ${i} is no module, got ${quote(layer)}${hint}`);
      }
    }
    this.layers = layers;
  }

  protected override nameOf(property: string): string {
    return property === 'layers' ? '' : property;
  }

  override forward(x: Tensor): Tensor {
    return scope(() => this.layers.reduce((y, layer) => layer.forward(y), x));
  }
}

/** A function as a layer. */
export class Lambda extends Module {
  readonly f: (x: Tensor) => Tensor;

  /** @throws {OptionError} unless it is a function */
  constructor(f: (x: Tensor) => Tensor) {
    super();
    requireFunction('Lambda', f);
    this.f = f;
  }

  override forward(x: Tensor): Tensor {
    return scope(() => this.f(x));
  }
}

/** Options of a perceptron. */
export interface MLPOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Between the layers. Default 'relu'. */
  readonly activation?: Activation | undefined;
  /** Probability of dropout behind each activation. Default 0. */
  readonly dropout?: number | undefined;
}

/**
 * Linear layers with activations between them: `new MLP([784, 128, 10], { rng })`. Weights start as in He et al. 2015 where
 * a ReLU follows, else as in PyTorch.
 */
export class MLP extends Sequential {
  /** @param sizes inputs, hidden sizes, outputs @throws {OptionError} for fewer than two sizes */
  constructor(sizes: readonly number[], options: MLPOptions) {
    if (!Array.isArray(sizes) || sizes.length < 2) {
      throw new OptionError(`MLP: expected sizes such as [784, 128, 10], got ${quote(sizes)}`);
    }
    const { activation = 'relu', dropout = 0 } = checkOptions('MLP', options, ['rng', 'activation', 'dropout']);
    const rng = requireRng('MLP', options.rng);
    requireWithin('MLP', 'dropout', dropout, 0, 1);
    for (const size of sizes) requireCount('MLP', 'size', size);
    const f = activationOf('MLP', activation);
    const layers: Layer[] = [];
    for (let i = 1; i < sizes.length; i++) {
      const [inputs, outputs] = sizes.slice(i - 1, i + 1) as [number, number];
      const last = i === sizes.length - 1;
      const initializer = activation === 'relu' && !last ? kaimingUniform() : undefined;
      layers.push(new Linear(inputs, outputs, { rng, initializer }));
      if (last) break;
      layers.push(new Lambda(f));
      if (dropout > 0) layers.push(new Dropout(dropout, { rng }));
    }
    super(...layers);
  }
}
